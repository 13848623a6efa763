"use strict";
// Further strips: drawn on the same paper when they come near the screen, from packed samples.
(() => {
  const packed = document.getElementById("packed-strips");
  if (!packed) return;
  const NEAR = "1500px";
  let unpacked;

  /** The same path as svg_paths.trace writes: a step a sample, interrupted where nothing is shown. */
  function trace(levels, first, shown) {
    return shown
      .filter(([from, until]) => until - from > 1)
      .map(([from, until]) => {
        const steps = [];
        for (let i = first + from + 1; i < first + until; i++) {
          const step = levels[i] - levels[i - 1];
          steps.push(step < 0 ? `1${step}` : `1+${step}`);
        }
        return `M${from} ${levels[first + from]}l${steps.join(" ")}`;
      })
      .join("");
  }
  async function draw(figure) {
    unpacked ??= unpackLevels(packed);
    const { document: strips, levels } = await unpacked;
    const strip = strips[figure.id];
    figure.innerHTML = strip.figure;
    figure.querySelectorAll(".trace").forEach((path, lead) => {
      path.setAttribute("d", trace(levels, strip.first + lead * strip.samples, strip.shown[lead]));
    });
    scrolling.observe(figure.querySelector(".scroll"));
    figure.dispatchEvent(new Event("strip-drawn", { bubbles: true }));
  }
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: NEAR },
  );
  for (const figure of document.querySelectorAll("figure.further")) near.observe(figure);
})();
