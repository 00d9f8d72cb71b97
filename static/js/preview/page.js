// The page of `samethread flow preview`: follows the file, and keeps what was done over a reload.

import { Panes } from "./panes.js"

const words = JSON.parse(document.getElementById("words").textContent)
const state = document.getElementById("state"), locale = document.getElementById("locale")
const STORE = `preview ${document.title}`
const PATIENCE = 20, REST = 1500

let version = "", lost = false

const asked = async answer => {
  if (!answer.ok) throw new Error(answer.status)
  return answer.json()
}

const say = key => { state.textContent = panes.say(key) }
const panes = new Panes(document.querySelector("main"), {
  words,
  kept: JSON.parse(sessionStorage.getItem(STORE) || "{}"),
  changed: acts => sessionStorage.setItem(STORE, JSON.stringify(acts)),
  failed: () => say("lost", lost = true),
  play: async told => {
    const body = JSON.stringify(told)
    const answer = await fetch("/play", { method: "POST", body, headers: { "content-type": "application/json" } }).then(asked)
    version = answer.version
    lost = false
    return answer
  },
})

async function follow() {
  for (;;) {
    try {
      const now = await fetch(`/changes?wait=${PATIENCE}&version=${version}`).then(asked)
      if (now.version != version) await panes.draw()
      else lost = false
    } catch {
      lost = true
    }
    say(lost ? "lost" : "live")
    if (lost) await new Promise(done => setTimeout(done, REST))
  }
}

locale.onchange = () => {
  panes.locale = locale.value
  panes.draw()
}
document.getElementById("again").onclick = () => panes.again()
panes.draw().then(follow)
