// Builds HTML elements. Text is set as text: nothing is parsed as HTML.

/** @param {string} id */
const byId = (id) => document.getElementById(id);

/**
 * Make an element.
 * @param {string} tag with classes: "p.soft"
 * @param {...(Object<string, unknown>|Node|string|null|undefined|false)} content first the attributes,
 *   if any (functions are listeners: {onclick: f}), then the children
 */
function make(tag, ...content) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.classList.add(...classes);
  const hasAttributes = content[0] && typeof content[0] === "object" && !(content[0] instanceof Node);
  for (const [key, value] of Object.entries(hasAttributes ? content.shift() : {})) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value != null && value !== false) element.setAttribute(key, String(value));
  }
  element.append(...content.filter((child) => child != null && child !== false));
  return element;
}

/** A button. @param {string} label @param {() => void} onclick @param {Object<string, unknown>} [more] */
const button = (label, onclick, more = {}) => make("button", { type: "button", onclick, ...more }, label);

/** The unit of a number, in small type. @param {string} text */
const unit = (text) => make("span.unit", ` ${text}`);

/** A term and its value in a list of facts. @param {string} term @param {...(Node|string|false|null)} value */
const fact = (term, ...value) => make("div", make("dt", term), make("dd", ...value));

/** A link to a recording's own view. @param {string} id @param {Object<string, unknown>} [more] */
const recordingLink = (id, more = {}) => make("a.id", { href: `#recording/${id}`, ...more }, id);

/** An outcome as label and colour. @param {string} outcome @param {string} [label] */
const outcomeMark = (outcome, label = CONFIG.outcomes[outcome] ?? outcome) =>
  make("span.outcome", make(`span.key.${outcome}`), label);

/** Have a screen reader say a text once. @param {string} text */
function announce(text) {
  byId("announcements").textContent = text;
}
