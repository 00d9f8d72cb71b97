/* The airline's own script: its trip card, and the handful of calls a company makes to have the widget in its app. */

import { say } from "./words.js";

/* Calls made before the loader has arrived wait in this queue. */
window.Samethread ??= (...call) => (window.Samethread.q ??= []).push(call);

const by = (id) => document.getElementById(id);
const post = (path, headers = {}) => fetch(`/demo/airline/${path}`, { method: "POST", headers });
const clock = (told) =>
  new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short", timeZone: "Europe/Berlin" }).format(new Date(told));
const STATES = { on_time: "demo.trip.on_time", late: "demo.trip.late", booked: "demo.trip.booked" };

/* --- who is signed in: the app's server signs it, the widget believes that signature --- */

let signedIn = kept() === null;

/* Inside the tour the browser may forbid this page, framed by another site, to keep anything. */
function kept(out) {
  try {
    if (out === true) sessionStorage.setItem("signed-out", "yes");
    if (out === false) sessionStorage.removeItem("signed-out");
    return sessionStorage.getItem("signed-out");
  } catch {
    return null;
  }
}

async function identify() {
  const { token } = await (await post("token")).json();
  window.Samethread("identify", token);
}

function showAccount() {
  by("account-word").textContent = signedIn ? say("demo.trip.sign_out") : say("demo.trip.sign_in");
  document.body.classList.toggle("stranger", !signedIn);
}

by("account").addEventListener("click", () => {
  signedIn = !signedIn;
  kept(!signedIn);
  if (signedIn) identify().catch(() => {});
  else window.Samethread("logout");
  showAccount();
  by("signed").textContent = signedIn ? say("demo.trip.signed_in") : say("demo.trip.signed_out");
});

/* --- the trip --- */

let drawn = "";

function draw(trip) {
  const text = JSON.stringify(trip);
  if (text === drawn) return;
  drawn = text;
  by("pass").ariaBusy = "false";
  by("pass").dataset.status = trip.status;
  by("state").textContent = say(STATES[trip.status]);
  by("number").textContent = trip.number;
  by("departs").textContent = clock(trip.departs);
  by("scheduled").hidden = trip.status !== "late";
  by("scheduled").textContent = clock(trip.scheduled);
  by("booking").hidden = !trip.reference;
  by("reference").textContent = trip.reference;
  window.Samethread("context", { trip: { number: trip.number, departs: trip.departs, status: trip.status } });
}

async function follow() {
  for (;;) {
    if (!document.hidden) {
      const answer = await fetch("/demo/airline/trip").catch(() => null);
      if (answer?.ok) draw(await answer.json());
    }
    await new Promise((done) => setTimeout(done, 2500));
  }
}

/* --- help --- */

by("chat").addEventListener("click", () => window.Samethread("open"));
by("callback").addEventListener("click", () => window.Samethread("callback", { topic: say("demo.trip.topic") }));

/* --- behind the scenes --- */

let key = null; // kept over a failed try, so that trying again tells the passenger once

by("delay").addEventListener("click", async () => {
  by("delay").disabled = true;
  by("done").textContent = say("demo.trip.telling");
  key ??= crypto.randomUUID();
  const answer = await post("delay", { "Idempotency-Key": key }).catch(() => null);
  const told = answer?.ok ? await answer.json() : null;
  const taken = told !== null && told.status < 300;
  by("done").textContent = taken ? say("demo.trip.told") : say("demo.trip.failed");
  if (told) showWire(told);
  if (taken) key = null;
  by("delay").disabled = false;
});

function showWire({ request, status, answer }) {
  by("wire").hidden = false;
  by("asked").textContent = `POST /v1/notifications\nAuthorization: Bearer sk_…\n\n${JSON.stringify(request, null, 2)}`;
  by("answered").textContent = `${status}\n\n${JSON.stringify(answer, null, 2)}`;
}

showAccount();
if (signedIn) identify().catch(() => {});
follow();
