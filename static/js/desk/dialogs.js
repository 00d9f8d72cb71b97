// What asks before it acts. A dialog stays open, with the reason in it, until the server has said yes.

import { $ } from "./dom.js"
import { Offline } from "./api.js"
import { has, t } from "./words.js"

// Opens dialog `id`; `act(form data)` does it. Closes when that went well.
export function ask(id, act, prepare = () => {}) {
  const dialog = $(id), form = dialog.querySelector("form"), wrong = dialog.querySelector(".wrong")
  form.reset()
  if (wrong) wrong.hidden = true
  prepare(dialog)
  // One write has one key, however often a bad line makes it be tried.
  const key = crypto.randomUUID()
  form.onsubmit = async event => {
    event.preventDefault()
    const button = form.querySelector(".solid")
    button.disabled = true
    try {
      await act(new FormData(form), key)
      dialog.close()
    } catch (error) {
      wrong.textContent = reason(error)
      wrong.hidden = false
    }
    button.disabled = false
  }
  for (const button of dialog.querySelectorAll("[data-cancel]")) button.onclick = () => dialog.close()
  dialog.showModal()
}

export const anyOpen = () => Boolean(document.querySelector("dialog[open]"))

// Why it did not work, in words an agent can act on.
export function reason(error) {
  if (error instanceof Offline) return t("desk.wrong.offline")
  const key = `desk.wrong.${error.code}`
  return has(key) ? t(key) : t("desk.wrong.other", { detail: error.message })
}
