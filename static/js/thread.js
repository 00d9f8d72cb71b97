// A conversation in a disposable app's page; the widget's panel begins its own.

import { Chat } from "./chat.js"

// `go` fetches another page into this one, for when the flow takes over again.
export function start(main, go) {
  const data = JSON.parse(main.querySelector(".data").textContent)
  const { handle, csrf, session, after } = data
  const chat = new Chat(main, {
    ...data,
    feed: { after: { [session]: after }, hello: () => ({ handle }), headers: () => ({ handle, "x-csrf": csrf }), box: handle },
    flow: () => go(data.url, true),
  })
  return () => chat.stop()
}
