"use strict";
// Scrolling strips can be focused. Those that are drawn later are observed, too.
const scrolling = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const strip of document.querySelectorAll(".strip .scroll")) scrolling.observe(strip);

// The target of a link is shown whatever the filter is, and where further strips are folded away.
(() => {
  const all = document.getElementById("only-all");
  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    if (!target || !target.matches(".events [data-group]")) return;
    const folded = target.closest("details:not([open])");
    if (folded) folded.open = true;
    else if (target.offsetParent) return;
    if (!target.offsetParent) all.checked = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  // A link to the current target does not change the hash.
  document.addEventListener("click", (event) => {
    if (event.target.closest('a[href^="#"]')) setTimeout(reveal);
  });
  reveal();
})();

// A presigned address of S3 opens this file only: links to the file beside it would be refused.
if (new URLSearchParams(location.search).has("X-Amz-Signature")) {
  document.documentElement.classList.add("presigned");
  for (const link of document.querySelectorAll("td .to-disclosure")) link.removeAttribute("href");
}
