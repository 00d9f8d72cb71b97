// What some prompts of a flow have besides words and buttons: cards below the bubble, a field with a picker of its own, the
// way to the page that can do what no chat can. Fetched when the first of them comes; texts only ever become text nodes.

import { make } from "./chat.js"

// A card: title, text, rows of [label, value, address].
export function cards(chat, line, found) {
  const near = chat.near()
  for (const { title, text, rows = [] } of found) {
    const card = chat.bubble("", "card")
    if (title) card.append(make("b", "", title))
    if (text) card.append(make("p", "", text))
    for (const [label, value, url] of rows) {
      const row = make("p")
      row.append(url ? link(label, url) : make("span", "", label), make("b", "", value))
      card.append(row)
    }
    line.append(card)
  }
  if (near) chat.down()
}

// Below the log: a picker for a date or a time, and the button to the page.
export function ask(chat, { field, link: page }) {
  if (page) chat.quick.append(link(page.label, page.url))
  if (!field?.type || chat.quick.querySelector("input")) return
  const input = make("input"), send = make("button", "", field.send)
  Object.assign(input, { type: field.type, min: field.min || "", max: field.max || "", ariaLabel: field.label })
  send.type = "button"
  send.onclick = () => input.value ? chat.feed.send("message", { text: input.value }) : input.focus()
  chat.quick.append(input, send)
}

function link(label, url) {
  const node = make("a", "", label)
  Object.assign(node, { href: url, target: "_blank", rel: "noopener" })
  return node
}
