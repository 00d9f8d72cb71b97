// Writing a flow: checked while one types, tried beside it, saved with Ctrl+S. The page is a form that works without this.

import { Panes } from "../../preview/panes.js"
import { Offline, post, Problem } from "../api.js"
import { el } from "../dom.js"
import { count, t } from "../words.js"
import { Editor } from "./editor.js"
import { Kept } from "./kept.js"

const REST = 450, THEN = 500

const boot = JSON.parse(document.getElementById("boot").textContent)
const words = JSON.parse(document.getElementById("words").textContent)
const $ = id => document.getElementById(id)
const form = $("editor"), mark = form.elements.mark
const path = `/desk/api/flows/${encodeURIComponent(boot.flow)}`
const mayWrite = Boolean(form.querySelector("[value=save]"))

const editor = new Editor(form)
const kept = new Kept(`flow ${boot.flow} ${boot.file}`, mayWrite)
let stored = form.elements.text.defaultValue, turn = 0

const file = () => ({ file: boot.file, text: editor.text })

// Mistakes

function complain({ mistakes, lacking, file: name }) {
  const wrong = new Map()
  for (const one of mistakes) if (one.file == name) wrong.set(one.line, [...wrong.get(one.line) || [], one.message])
  editor.mark(wrong)
  $("verdict").className = mistakes.length ? "bad" : "good"
  say("verdict", mistakes.length ? count("desk.flows.mistakes", mistakes.length) : t("desk.flows.sound"))
  $("mistakes").replaceChildren(...mistakes.map(drawn))
  $("lacking").hidden = !lacking.length
  $("lacking").querySelector("ul").replaceChildren(...lacking.map(one => el("li", {}, el("code", {}, one))))
}

function drawn({ file: name, line, message }) {
  const where = `${name}:${line}`, here = name == form.dataset.called
  const place = here ? el("button", { type: "button", class: "where", dir: "ltr", onclick: () => editor.jump(line) }, where) : el("span", { class: "where", dir: "ltr" }, where)
  return el("li", {}, place, " ", el("span", { class: "what", dir: "ltr", lang: "en" }, message))
}

// Said once, not at every key.
const say = (id, text) => { if ($(id).textContent != text) $(id).textContent = text }

async function check() {
  const mine = ++turn
  try {
    const found = await post(`${path}/check`, file())
    if (mine != turn) return
    complain(found)
    if (tried) await panes.draw()
  } catch (error) {
    trouble(error)
  }
}

let timer
function typed() {
  turn++
  clearTimeout(timer)
  timer = setTimeout(check, REST)
  kept.keep(editor.text, mark.value, stored)
  say("saved", mayWrite && editor.text != stored ? t("desk.flows.unsaved") : "")
}

// The five faces

let tried = false
const panes = new Panes(document.querySelector(".try"), {
  words,
  play: async told => {
    const found = await post(`${path}/play`, { ...told, ...file() })
    say("trying", t(Object.keys(found.panes).length ? "desk.flows.try.lead" : "desk.flows.try.broken"))
    return found
  },
  failed: error => trouble(error),
})

panes.locale = $("locale").value

const shown = new IntersectionObserver(([entry]) => {
  if (!entry.isIntersecting || tried) return
  tried = true
  panes.draw()
}, { rootMargin: "200px" })
shown.observe(document.querySelector(".try"))

$("locale").onchange = () => {
  panes.locale = $("locale").value
  panes.draw()
}
$("again").onclick = () => panes.again()

// Saving

async function save() {
  const text = editor.text
  say("saved", t("desk.flows.saving"))
  try {
    mark.value = (await post(`${path}/draft`, { ...file(), mark: mark.value })).mark
    stored = text
    kept.forget()
    say("saved", t("desk.flows.saved"))
    if (editor.text != text) typed()
  } catch (error) {
    // Somebody was faster, or it cannot be stored: the page that says so shows both texts.
    if (error instanceof Problem && [409, 422].includes(error.status)) native("save")
    else trouble(error)
  }
}

function native(act) {
  leave()
  form.append(el("input", { type: "hidden", name: "act", value: act }))
  form.submit()
}

function trouble(error) {
  say("saved", t(error instanceof Offline ? "desk.flows.offline" : "desk.flows.failed"))
}

form.addEventListener("submit", event => {
  const act = event.submitter?.value
  if (act == "drop") return leave()
  event.preventDefault()
  if (act == "check") check()
  else save()
})

function leave() {
  kept.forget()
  stored = editor.text
}

document.addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && event.key == "s") {
    event.preventDefault()
    if (mayWrite) save()
  }
})
addEventListener("beforeunload", event => { if (mayWrite && editor.text != stored) event.preventDefault() })
form.elements.text.addEventListener("input", typed)

// What was typed here before and not saved is there again, as of the state it was begun from.
const before = boot.kept && kept.found(stored)
if (before) {
  editor.text = before.text
  mark.value = before.mark
  typed()
  say("saved", t("desk.flows.again"))
} else {
  if (!boot.kept) kept.forget()
  setTimeout(check, THEN)
}
