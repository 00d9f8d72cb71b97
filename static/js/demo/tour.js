/* Turns the story's pages and shows which window each happens in. The windows themselves know nothing of it. */

import { say } from "./words.js";

const by = (id) => document.getElementById(id);
const steps = [...by("steps").children];
const panes = [...document.querySelectorAll(".pane")];
const tabs = [...document.querySelectorAll("nav [data-pane]")];
const PLACE = "samethread-tour";
let now = Math.min(Math.max(Number(sessionStorage.getItem(PLACE)) || 0, 0), steps.length - 1);

function turn(to, byHand = true) {
  now = to;
  sessionStorage.setItem(PLACE, String(now));
  steps.forEach((step, n) => step.classList.toggle("now", n === now));
  const { pane } = steps[now].dataset;
  panes.forEach((one) => one.classList.toggle("here", one.dataset.pane === pane));
  by("back").disabled = now === 0;
  by("next").disabled = now === steps.length - 1;
  by("progress").textContent = say("demo.progress", { n: now + 1, all: steps.length });
  show(pane);
  if (byHand) steps[now].focus({ preventScroll: true });
}

function show(pane) {
  document.body.dataset.show = pane;
  tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset.pane === pane)));
}

by("back").addEventListener("click", () => turn(now - 1));
by("next").addEventListener("click", () => turn(now + 1));
tabs.forEach((tab) => tab.addEventListener("click", () => show(tab.dataset.pane)));

const phone = document.querySelector("iframe[name=phone]");
by("phone-back").addEventListener("click", () => phone.contentWindow.history.back());
by("phone-home").addEventListener("click", () => phone.contentWindow.location.assign("/demo/phone?framed"));

turn(now, false);
