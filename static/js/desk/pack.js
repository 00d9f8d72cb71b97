// The context pack, in words. The server folds it; here every code gets its sentence, and every empty part is left out.

import { $, el, icon } from "./dom.js"
import { count, named, rich, t } from "./words.js"
import { clock, day, sameDay, towards } from "./time.js"
import { channel, drawing, knownText } from "./facts.js"

const DRAWINGS = { answer: "check", verified: "shield", call: "server" }
const when = at => (sameDay(at, Date.now()) ? clock(at) : `${day(at)}, ${clock(at)}`)

// names: { team, open }
export function draw(pack, names) {
  const box = $("cards")
  if (!pack) return box.replaceChildren(el("div", { class: "skeleton", "aria-hidden": "true" }, el("i"), el("i"), el("i")))
  box.replaceChildren(...[next(pack), goal(pack), known(pack), asked(pack, names), failed(pack), promised(pack), given(pack), steps(pack), before(pack, names)].filter(Boolean))
}

const card = (key, kind, ...children) => el("section", { class: `card ${kind}` }, el("h3", {}, t(`desk.pack.${key}`)), children)

function next({ next: { code, label, due } }) {
  return code === "nothing" ? null : card("next", "next", el("p", {}, rich(`desk.next.${code}`, {
    label: el("bdi", {}, code === "other_channel" ? channel(label) : label), when: due ? `${when(due)} (${towards(due)})` : "" })))
}

function goal({ goal: found }) {
  if (!found) return null
  const { title, purpose, status, step, outcome } = found
  return card("goal", "", el("p", { class: "goal", dir: "auto" }, title), title !== purpose && el("p", { class: "small", dir: "auto" }, purpose),
    el("p", { class: "small" }, outcome ? el("bdi", {}, outcome) : rich(`desk.run.${status}`, { step: el("bdi", {}, step) })))
}

function known({ known: found }) {
  const others = found.windows.filter(window => window.channel !== found.channel || window.tier !== found.tier)
  return card("known", "",
    found.disowned && el("p", { class: "chip bad" }, icon("alert"), t("desk.known.disowned")),
    el("p", {}, el("span", { class: `chip t${found.tier}` }, icon("shield"), knownText(found)), found.channel && el("small", {}, " ", channel(found.channel))),
    others.length > 0 && el("ul", {}, others.map(window => el("li", {}, icon(drawing(window.channel)), el("span", {}, `${channel(window.channel)}: ${knownText(window)}`)))))
}

function asked({ asked: list }, { team }) {
  if (!list.length) return null
  return card("asked", "", list.map(one => [
    el("small", {}, one.kind === "handover" ? t("desk.asked.handover", { team: team(one.team), time: when(one.at) }) : t("desk.asked.message", { channel: channel(one.channel), time: when(one.at) })),
    el("blockquote", { dir: "auto" }, one.text || t("desk.asked.nothing"))]))
}

function failed({ failed: list }) {
  if (!list.length) return null
  return card("failed", "failed", el("ul", {}, list.map(one => el("li", { class: "bad" }, icon("alert"),
    el("span", {}, rich(`desk.failed.${one.what}`, { label: el("bdi", {}, one.label), channel: channel(one.channel) }),
      one.tries > 1 && ` · ${count("desk.event.run.tries", one.tries)}`,
      one.detail && one.what !== "misunderstood" && el("small", { class: "own", dir: "auto" }, named(`desk.reason.${one.detail}`)))))))
}

function promised({ promised: list }) {
  if (!list.length) return null
  return card("promised", "", el("ul", {}, list.map(one => el("li", {}, icon(one.what === "callback" ? "callback" : "return"),
    one.what === "callback"
      ? el("span", {}, rich("desk.promised.callback", { when: el("b", {}, when(one.due)), phone: el("bdi", {}, one.phone || t("desk.callback.nophone")) }), one.topic && el("small", { class: "own", dir: "auto" }, one.topic))
      : el("span", {}, rich("desk.promised.step", { step: el("b", { dir: "auto" }, one.label) }))))))
}

function given({ given: list }) {
  if (!list.length) return null
  return card("given", "", el("dl", {}, list.map(one => el("div", {}, el("dt", { dir: "auto" }, label(one)), el("dd", { dir: "auto" }, one.text, !one.shown && el("small", {}, " ", t("desk.given.hidden")))))))
}

function steps({ steps: list }) {
  if (!list.length) return null
  return card("steps", "", el("ol", {}, list.map(one => el("li", { class: one.ok ? "good" : "bad" }, icon(one.ok ? DRAWINGS[one.kind] : "alert"),
    el("span", {}, one.kind === "answer" ? [el("span", { dir: "auto" }, one.label), " ", el("b", { dir: "auto" }, one.value)]
      : one.kind === "verified" ? t("desk.steps.verified", { by: named(`desk.known.${one.value}`, one.value) })
        : t(one.ok ? "desk.steps.called" : "desk.steps.refused", { call: one.value }),
    one.sure < 1 && el("small", {}, " ", t("desk.event.run.unsure", { percent: Math.round(one.sure * 100) })),
    el("small", {}, " ", clock(one.at)))))))
}

function before({ previous }, { open }) {
  return previous ? card("before", "", el("p", {}, t("desk.event.before"), " ", open(previous, t("desk.event.before.open")))) : null
}

// Addresses have a name in every language; everything else is called what the flow calls it.
export const label = one => (one.type === "phone" || one.type === "email" ? named(`desk.identity.${one.type}`, one.label) : one.label)
