// The worker of one pass. It answers for that page alone, and only when the network does not: whoever is online sees the
// pass as it is now, and when it is gone there, it is gone here.
const PASS = new URL("pass", location).pathname
const SHELF = "pass " + PASS

const fetched = async () => {
  const answer = await fetch(PASS, { credentials: "same-origin", cache: "no-store" })
  const shelf = await caches.open(SHELF)
  if (answer.ok && !answer.redirected) await shelf.put(PASS, answer.clone())
  else if (answer.status == 404 || answer.status == 410) await forget()
  return answer
}

const forget = async () => {
  await caches.delete(SHELF)
  await registration.unregister()
}

addEventListener("install", event => event.waitUntil(fetched().then(() => skipWaiting())))
addEventListener("activate", event => event.waitUntil(clients.claim()))
addEventListener("fetch", event => {
  if (event.request.method != "GET" || new URL(event.request.url).pathname != PASS) return
  const kept = () => caches.match(PASS)
  event.respondWith(fetched().then(async answer => answer.status < 500 ? answer : await kept() || answer).catch(kept))
})
