"use strict";
const filter = document.getElementById("filter");
const all = document.getElementById("all");
const count = document.getElementById("count");
const steps = [...document.querySelectorAll(".step")].map((box) => ({ box, text: box.textContent.toLowerCase() }));
const stages = [...document.querySelectorAll(".stage")].filter((box) => box.querySelector(".step"));

function sift() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { box, text } of steps) {
    const fits = words.every((word) => text.includes(word));
    box.hidden = !fits;
    shown += fits;
  }
  for (const stage of stages) {
    stage.hidden = words.length > 0 && !stage.querySelector(".step:not([hidden])");
    if (words.length && !stage.hidden) stage.open = true;
  }
  count.textContent = words.length ? `${shown} of ${steps.length}` : "";
}

function open(step) {
  for (let box = step; box; box = box.parentElement && box.parentElement.closest("details")) box.open = true;
}

function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.matches("details")) {
    open(target);
    target.scrollIntoView();
  }
}

filter.hidden = all.hidden = false;
filter.addEventListener("input", sift);
all.addEventListener("click", () => {
  const opening = steps.some(({ box }) => !box.open);
  for (const { box } of steps) box.open = opening;
  all.textContent = opening ? "Close all" : "Open all";
});
window.addEventListener("hashchange", follow);
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((box) => (box.open = true)));
follow();
