// Elements are made one by one and text is set as text: nothing is ever parsed as HTML.

/** @param {string} id */
const byId = (id) => document.getElementById(id);

/**
 * Make an element.
 * @param {string} tag with classes: "p.soft"
 * @param {...(Object<string, unknown>|Node|string|null|undefined|false)} content attributes, if any,
 *   come first (functions are listeners: {onclick: f}); then children
 */
function make(tag, ...content) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.classList.add(...classes);
  const hasAttributes = content[0] && typeof content[0] === "object" && !(content[0] instanceof Node);
  const [attributes, children] = hasAttributes ? [content[0], content.slice(1)] : [{}, content];
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value != null && value !== false) element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

/** A button. @param {string} label @param {() => void} onclick @param {Object<string, unknown>} [more] */
const button = (label, onclick, more = {}) => make("button", { type: "button", onclick, ...more }, label);

/** A number's unit, small. @param {string} text */
const unit = (text) => make("span.unit", ` ${text}`);

/** An outcome in words beside its colour. @param {string} outcome @param {string} words */
const outcomeMark = (outcome, words) => make("span.outcome", make(`span.key.${outcome}`), words);

/** Tell a screen reader, once. @param {string} text */
function announce(text) {
  byId("announcements").textContent = text;
}

/** Give an element the focus and, if asked, bring it into view. @param {HTMLElement} element */
function focusOn(element) {
  if (!element.matches("a[href], button, input")) element.tabIndex = -1;
  element.focus({ preventScroll: false });
}
