// What a flow's prompt has besides words: cards below its bubble; below the log its menu as buttons, a picker for a date or a
// time, the button to the page that can do what no chat can. Fetched when the first comes; texts only ever become text nodes.

import { make } from "./chat.js"

// A card: title, text, rows of [label, value, address]. What it says stands in the bubble too, until it is drawn.
export function cards(chat, line, { cards: found, text }) {
  const near = chat.near(), bubble = line.lastChild
  bubble.textContent = text
  bubble.hidden = !text
  for (const { title, text, rows = [] } of found) {
    const card = chat.bubble("")
    if (title) card.append(make("b", "", title))
    if (text) card.append(make("p", "", text))
    for (const [label, value, url] of rows) {
      const row = make("p")
      // These few rules would cost every panel that never shows a card.
      Object.assign(row.style, { display: "flex", justifyContent: "space-between", gap: "1rem" })
      row.append(url ? link(label, url) : make("span", "", label), make("b", "", value))
      card.append(row)
    }
    card.style.marginBlockStart = "4px"
    line.append(card)
  }
  if (near) chat.down()
}

export function ask(chat, prompt) {
  // Another prompt, or an answer, may have come while this was fetched.
  if (prompt != chat.asked) return
  const { menu = [], field = {}, link: page } = prompt
  const say = text => { chat.feed.send("message", { text }); chat.text.focus() }
  const near = chat.near()
  chat.text.inputMode = field.inputmode || ""
  chat.quick.replaceChildren(
    ...menu.map(([, label]) => button(label, () => say(label))),
    ...field.type ? picker(field, say) : [],
    ...page?.url ? [link(page.label, page.url)] : [],
  )
  if (near) chat.down()
}

function picker(field, say) {
  const input = make("input")
  Object.assign(input, { type: field.type, min: field.min || "", max: field.max || "", ariaLabel: field.label })
  return [input, button(field.send, () => input.value ? say(input.value) : input.focus())]
}

function button(text, act) {
  const node = make("button", "", text)
  node.type = "button"
  node.onclick = act
  return node
}

function link(label, url) {
  const node = make("a", "", label)
  Object.assign(node, { href: url, target: "_blank", rel: "noopener" })
  return node
}
