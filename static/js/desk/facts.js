// How each kind of event reads in an agent's timeline. One entry a kind: its drawing, its tone, its sentence. Messages, notes,
// receipts and what was seen are not facts but parts of the conversation; talk.js draws those.

import { el } from "./dom.js"
import { count, has, named, rich, t } from "./words.js"
import { clock, day, exact, sameDay } from "./time.js"

// Events that show inside another one: a receipt and a reading under their message.
export const FOLDED = new Set(["receipt", "seen"])
export const SPOKEN = new Set(["message", "note"])

const DRAWINGS = { sms: "sms", web: "web", widget: "widget", email: "email", voice: "callback", api: "server" }

// The drawing of a channel.
export const drawing = code => DRAWINGS[code] || "inbox"

const strong = text => el("b", {}, text)
const quoted = text => el("q", { dir: "auto" }, text)
const when = at => (sameDay(at, Date.now()) ? clock(at) : `${day(at)}, ${clock(at)}`)

export const FACTS = {
  "session.opened": ({ body }, { open }) => ({
    icon: drawing(body.channel),
    what: rich("desk.event.opened", { channel: channel(body.channel) }),
    big: Boolean(body.previous),
    detail: body.previous && el("span", { class: "detail" }, t("desk.event.before"), " ", open(body.previous, t("desk.event.before.open"))),
  }),
  "session.closed": ({ body, actor }, { open }) => ({
    icon: "closed", tone: "good", big: true,
    what: rich(`desk.event.closed.${body.reason || "disposition"}`, { who: strong(name(actor)) }),
    detail: [
      body.disposition && el("span", { class: "detail" }, named(`desk.disposition.${body.disposition}`)),
      body.continued_in && el("span", { class: "detail" }, open(body.continued_in, t("desk.event.continued"))),
    ],
  }),
  owner: ({ body, actor }, { owner }) => ({
    icon: body.owner.startsWith("agent:") ? "person" : body.owner.startsWith("queue:") ? "inbox" : "flow",
    what: rich(`desk.event.owner.${body.owner.split(":")[0]}`, { who: strong(owner(body.owner, body.name)), by: strong(name(actor)) }),
    // A flow's own reason stands in its hand-over, right above.
    detail: body.why && actor.kind !== "flow" && why(body.why) && el("span", { class: "detail" }, quoted(why(body.why))),
  }),
  identity: ({ body }) => ({
    icon: "person",
    what: rich("desk.event.identity", { kind: named(`desk.identity.${body.kind}`), value: quoted(body.kind === "device" ? "•••" : body.value) }),
    detail: el("span", { class: "detail" }, named(`desk.evidence.${body.evidence}`)),
  }),
  context: ({ body, actor }) => ({
    icon: "tag",
    what: rich("desk.event.context", { who: strong(name(actor)) }),
    detail: pairs(body.set),
  }),
  focus: ({ body, actor }) => ({ icon: "eye", quiet: true, what: rich(`desk.event.focus.${body.state}`, { who: name(actor) }) }),
  "link.made": ({ body }) => ({ icon: "link", what: rich("desk.event.link.made", { app: strong(body.app || t("desk.event.link.some")) }) }),
  "link.engaged": ({ body }) => ({
    icon: "link", tone: "good",
    what: rich("desk.event.link.engaged", { device: named(`desk.device.${body.device}`, t("desk.device.other")) }),
  }),
  "link.disowned": () => ({ icon: "alert", tone: "bad", big: true, what: [t("desk.event.link.disowned")], detail: el("span", { class: "detail" }, t("desk.event.link.disowned.hint")) }),
  "link.revoked": () => ({ icon: "link", tone: "warn", what: [t("desk.event.link.revoked")] }),
  "grant.raised": ({ body }) => ({
    icon: "shield", tone: body.tier > 1 ? "good" : "",
    what: rich("desk.event.raised", { by: strong(named(`desk.known.${body.by}`, body.by)), channel: "" }),
  }),
  callback: ({ body, actor }) => ({
    icon: "callback", big: body.state === "requested", tone: { missed: "bad", done: "good" }[body.state] || "",
    what: rich(`desk.event.callback.${body.state}`, { when: strong(body.due ? when(body.due) : ""), phone: quoted(body.phone || t("desk.callback.nophone")), who: strong(name(actor)) }),
    detail: [body.topic && el("span", { class: "detail" }, quoted(body.topic)), body.outcome && el("span", { class: "detail" }, named(`desk.outcome.${body.outcome}`))],
  }),
  file: ({ body, actor }) => ({
    icon: "file",
    what: rich("desk.event.file", { who: strong(name(actor)), name: el("a", { href: `/files/${body.file}`, download: body.name, dir: "auto" }, body.name) }),
    detail: body.type.startsWith("image/") && el("span", { class: "detail" }, thumbnail(body)),
  }),
  erased: () => ({ icon: "erase", tone: "warn", big: true, what: [t("desk.event.erased")] }),
  "run.started": ({ body }) => ({ icon: "flow", what: rich("desk.event.run.started", { flow: strong(body.flow) }) }),
  "run.entered": ({ body }) => ({ icon: "dot", quiet: true, what: rich("desk.event.run.entered", { step: step(body.step) }) }),
  "run.answered": ({ body, seq }, { evidence }) => ({
    icon: "check", tone: "good",
    what: rich(body.revises ? "desk.event.run.revised" : "desk.event.run.answered", { step: step(body.step), value: el("b", { dir: "auto" }, body.label || plain(body.value)) }),
    detail: [
      body.sure < 1 && el("span", { class: "detail" }, t("desk.event.run.unsure", { percent: Math.round(body.sure * 100) })),
      body.evidence && sealed(body, evidence(seq)),
    ],
  }),
  "run.guessed": ({ body }) => ({
    icon: "question",
    what: rich("desk.event.run.guessed", { step: step(body.step), value: el("b", { dir: "auto" }, body.label || plain(body.value)) }),
    detail: body.sure < 1 && el("span", { class: "detail" }, t("desk.event.run.unsure", { percent: Math.round(body.sure * 100) })),
  }),
  "run.waiting": ({ body }) => ({
    icon: "clock",
    what: rich("desk.event.run.waiting", { kind: strong(human(body.kind.replace(/^custom\./, ""))) }),
    detail: body.due > 0 && el("span", { class: "detail" }, t("desk.event.run.until", { time: when(body.due) })),
  }),
  "run.came": ({ body }) => ({
    icon: "server", tone: "good",
    what: rich("desk.event.run.came", { kind: strong(human(body.kind.replace(/^custom\./, ""))) }),
    detail: pairs(typeof body.value === "object" ? body.value : { "": body.value }),
  }),
  "run.booked": ({ body }) => ({
    icon: "check", tone: body.slot ? "good" : "",
    what: rich(body.slot ? "desk.event.run.booked" : "desk.event.run.unbooked", { step: step(body.step) }),
    detail: body.calendar && el("span", { class: "detail" }, quoted(human(body.calendar))),
  }),
  "run.notified": ({ body }, { team }) => ({
    icon: "alert", tone: "warn", big: true,
    what: rich("desk.event.run.notified", { team: strong(team(body.team)) }),
    detail: body.text && el("span", { class: "detail" }, quoted(body.text)),
  }),
  "run.misunderstood": ({ body }) => ({
    icon: "question", tone: "warn",
    what: rich("desk.event.run.misunderstood", { step: step(body.step) }),
    detail: body.tries > 1 && el("span", { class: "detail" }, count("desk.event.run.tries", body.tries)),
  }),
  "run.verified": ({ body }) => ({ icon: "shield", tone: "good", what: rich("desk.event.run.verified", { by: strong(named(`desk.known.${body.by}`, body.by)) }) }),
  "run.unverified": ({ body }) => ({ icon: "shield", tone: "bad", what: [t("desk.event.run.unverified")], detail: el("span", { class: "detail" }, count("desk.event.run.tries", body.tries)) }),
  "run.called": ({ body }) => ({ icon: "server", what: rich("desk.event.run.called", { call: strong(body.call) }), detail: pairs(body.with) }),
  "run.returned": ({ body }) => ({
    icon: "server", tone: body.ok ? "good" : "bad",
    what: [t(body.ok ? "desk.event.run.returned" : "desk.event.run.refused")],
    detail: pairs(typeof body.value === "object" ? body.value : body.value === undefined ? {} : { "": body.value }),
  }),
  "run.handover": ({ body }, { team }) => ({
    icon: "transfer", big: true, tone: "warn",
    what: rich("desk.event.run.handover", { team: strong(team(body.team)) }),
    detail: body.why && el("span", { class: "detail" }, quoted(body.why)),
  }),
  "run.resumed": ({ body }) => ({ icon: "return", what: rich("desk.event.run.resumed", { step: step(body.step) }) }),
  "run.ended": ({ body }) => ({
    icon: "closed", tone: "good",
    what: [t("desk.event.run.ended")],
    detail: body.text && el("span", { class: "detail" }, quoted(body.text)),
  }),
}

// A picture small, as it was kept; one that is there no more leaves its name.
const thumbnail = ({ file }) => el("img", { class: "thumb", src: `/files/${file}?size=small`, alt: "", loading: "lazy", onerror: event => event.target.remove() })

// What was shown to whoever agreed or signed, and whether all of it still stands as it was written.
const sealed = (body, found) => el("details", { class: "detail" },
  el("summary", {}, found ? t(found.wrong.length ? "desk.sealed.broken" : "desk.sealed.holds", { tier: body.evidence.tier }) : t("desk.sealed.words")),
  el("span", { class: "shown", dir: "auto" }, body.shown))

// What the table does not know (a company's own event, a newer server's kind) is still shown, by its name.
const other = ({ kind, body }) => ({ icon: "tag", what: rich("desk.event.custom", { kind: strong(kind.replace(/^custom\./, "")) }), detail: pairs(body) })

// One event as a fact: { icon, tone, big, quiet, what, detail }. An erased body still says that something stood here.
export function fact(event, names) {
  if (!event.body) return { icon: "erase", quiet: true, what: [t("desk.event.gone", { kind: event.kind })] }
  return (FACTS[event.kind] || other)(event, names)
}

// Why an owner changed: a person's words, or one of the server's own codes, of which only some say more than the line itself.
export const why = text => (/^(accept|returned|)$/.test(text) ? "" : named(`desk.why.${text}`, text))

export const name = actor => actor.name || t(`desk.actor.${actor.kind}`)
export const channel = code => named(`desk.channel.${code || "none"}`)

// A step's id as words: agents know flows by them.
export const step = id => strong(human(id || ""))
export const human = id => {
  const text = id.replace(/[._]/g, " ").trim()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const plain = value => (value === true ? t("desk.yes") : value === false ? t("desk.no") : value === null || value === undefined ? "" : typeof value === "object" ? inside(value) : String(value))

// What a value of several parts says: agreed, signed by, files by their names.
const inside = value => Object.values(value).map(plain).filter(Boolean).join(", ")

function pairs(values) {
  const flat = []
  const walk = (value, path) => {
    if (value && typeof value === "object") for (const [key, inner] of Object.entries(value)) walk(inner, Array.isArray(value) ? path : [...path, key])
    else if (value !== null && value !== "") flat.push([path.join(" "), readable(value)])
  }
  walk(values || {}, [])
  return flat.length ? el("span", { class: "detail" }, flat.slice(0, 12).flatMap(([key, value], at) => [at ? " · " : "", key ? `${human(key)}: ` : "", quoted(value)])) : null
}

function readable(value) {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)) ? exact(value) : plain(value)
}

export const knownText = known => (has(`desk.known.${known?.by}`) ? t(`desk.known.${known.by}`) : t(`desk.tier.${known?.tier ?? 0}`))
