/* The phone's messages app. One read, "everything after n", draws the first page and every change; a lost connection
   asks again from where it was. What was typed stays in the field until the phone company has taken it. */

import { segments } from "./segments.js";
import { count, say } from "./words.js";

const WAIT = 8;
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g;
const by = (id) => document.getElementById(id);
const { number } = document.body.dataset;
const lang = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(lang, { weekday: "long", day: "numeric", month: "long" });

const api = (path, query = {}) => `/demo/phone/${path}?${new URLSearchParams({ number, ...query })}`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/* --- the thread --- */

function bubble(message) {
  const item = document.createElement("li");
  item.id = message.id;
  item.className = message.mine ? "mine" : "theirs";
  item.dataset.at = message.at;
  const said = document.createElement("p");
  said.className = "said";
  said.dir = "auto";
  said.append(...linked(message.text));
  const small = document.createElement("small");
  small.textContent = message.mine ? stateOf(message) : costOf(message);
  small.classList.toggle("bad", message.status === "refused");
  item.append(said, small);
  return item;
}

/* A link opens where the messages are, as it does on a phone. */
function* linked(text) {
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    yield text.slice(from, found.index);
    const link = document.createElement("a");
    link.href = found[0];
    link.textContent = found[0];
    yield link;
    from = found.index + found[0].length;
  }
  yield text.slice(from);
}

function stateOf({ status }) {
  if (status === "received") return say("demo.sms.sent");
  return status === "refused" ? say("demo.sms.refused") : say("demo.sms.sending");
}

const costOf = (message) => `${count("demo.sms.segments", message.segments)} · ${message.encoding}`;

function put(message) {
  const log = by("log");
  const made = bubble(message);
  const known = by(message.id);
  if (known) {
    known.replaceWith(made);
  } else {
    log.insertBefore(made, [...log.children].find((item) => Number(item.dataset.at) > message.at) ?? null);
  }
}

function parted() {
  const log = by("log");
  log.querySelectorAll(".day").forEach((item) => item.remove());
  let last = "";
  for (const item of [...log.children]) {
    const at = new Date(Number(item.dataset.at));
    if (day.format(at) !== last) {
      last = day.format(at);
      const mark = document.createElement("li");
      mark.className = "day";
      mark.dataset.at = item.dataset.at;
      mark.textContent = `${last}, ${clock.format(at)}`;
      log.insertBefore(mark, item);
    }
  }
}

function draw({ messages, faults, sender }) {
  const main = document.querySelector("main");
  const atEnd = main.scrollHeight - main.scrollTop - main.clientHeight < 80;
  messages.forEach(put);
  if (messages.length) parted();
  by("sender").textContent = sender;
  by("empty").hidden = by("log").children.length > 0;
  if (messages.length && atEnd) main.scrollTo({ top: main.scrollHeight });
  if (!by("drawer").open) showFaults(faults);
}

async function follow() {
  let after = 0;
  for (let failed = 0; ; ) {
    try {
      const answer = await fetch(api("messages", { after, wait: after ? WAIT : 0 }));
      if (!answer.ok) throw new Error(answer.status);
      const page = await answer.json();
      // A phone company that lost its books counts from the beginning again.
      if (page.n < after) by("log").replaceChildren();
      after = page.n < after ? 0 : page.n;
      draw(page);
      failed = 0;
      net("");
    } catch {
      failed += 1;
      net(say("demo.sms.offline"));
      await pause(Math.random() * Math.min(8000, 500 * 2 ** failed));
    }
  }
}

function net(text) {
  by("net").hidden = !text;
  if (by("net").textContent !== text) by("net").textContent = text;
}

/* --- writing --- */

async function send(text) {
  const answer = await fetch(api("messages"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text }),
  });
  if (!answer.ok) throw new Error(answer.status);
  draw({ messages: [await answer.json()], faults: readFaults(), sender: by("sender").textContent });
}

function fit() {
  const { value } = by("text");
  const { units, segments: made, plain } = segments(value);
  by("composer").classList.toggle("ready", value.trim() !== "");
  by("cost").textContent = value ? `${units} · ${count("demo.sms.segments", made)} · ${plain ? "GSM-7" : "UCS-2"}` : "";
}

by("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = by("text");
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  fit();
  try {
    await send(text);
  } catch {
    field.value = field.value ? `${text}\n${field.value}` : text;
    fit();
    net(say("demo.sms.unsent"));
  }
});
by("text").addEventListener("input", fit);
by("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    by("composer").requestSubmit();
  }
});

/* --- the drawer --- */

const drawer = by("drawer");
const form = drawer.querySelector("form");

function showFaults(faults) {
  form.elements.delay.value = [15, 3, 0].find((step) => faults.delay >= step);
  for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = faults[box.name];
  by("open-drawer").classList.toggle("on", Object.values(faults).some(Boolean));
}

function readFaults() {
  const boxes = [...form.querySelectorAll("[type=checkbox]")].map((box) => [box.name, box.checked]);
  return { delay: Number(form.elements.delay.value), ...Object.fromEntries(boxes) };
}

async function setFaults() {
  const answer = await fetch(api("faults"), {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(readFaults()),
  }).catch(() => null);
  net(answer?.ok ? "" : say("demo.sms.offline"));
  showFaults(readFaults());
}

by("open-drawer").addEventListener("click", async () => {
  drawer.showModal();
  const known = await fetch(api("numbers")).then((answer) => answer.json(), () => ({ phones: [] }));
  by("numbers").replaceChildren(...known.phones.map((value) => Object.assign(document.createElement("option"), { value })));
});
form.addEventListener("change", (event) => {
  if (event.target.name !== "number") setFaults();
});
drawer.addEventListener("click", (event) => {
  if (event.target === drawer) drawer.close();
});
drawer.addEventListener("close", () => {
  const wanted = form.elements.number;
  if (wanted.validity.valid && wanted.value !== number) {
    const here = new URL(location);
    here.searchParams.set("number", wanted.value);
    location.assign(here);
  }
});

/* --- */

const tick = () => {
  by("clock").textContent = clock.format(new Date());
};
tick();
setInterval(tick, 10_000);
fit();
follow();
