// The API on the page's own origin, with the token of this tab.

const TOKEN = "simcrm.token";
const BASE = new URL("api/", document.baseURI);

export const session = { role: null, options: null };

export class ApiError extends Error {
  constructor(status, { code = "UNREACHABLE", message = "The API does not answer.", field = null } = {}) {
    super(message);
    Object.assign(this, { status, code, field });
  }
}

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;

export async function signIn(token) {
  sessionStorage.setItem(TOKEN, token);
  try {
    session.options = await get("session");
    session.role = session.options.role;
  } catch (error) {
    if ([401, 403].includes(error.status)) signOut();
    throw error;
  }
}

export const resumeSession = () => signIn(sessionStorage.getItem(TOKEN));

export function signOut() {
  sessionStorage.removeItem(TOKEN);
  session.role = null;
}

export const isBoss = () => session.role === "boss";
export const get = (path) => send("GET", path).then((answer) => answer.json());
export const post = (path, body = {}) => send("POST", path, body).then((answer) => answer.json());
export const put = (path, body) => send("PUT", path, body).then((answer) => answer.json());
export const remove = (path) => send("DELETE", path).then((answer) => answer.json());

export async function send(method, path, body) {
  const headers = { Accept: "application/json" };
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0);
  }
  if (answer.ok) return answer;
  const document = await answer.json().catch(() => ({}));
  if (answer.status === 401 && session.role !== null) dispatchEvent(new Event("signedout"));
  throw new ApiError(answer.status, document.error);
}

let turn = 0;

/** End the polling of whatever view was there before. */
export const stopPolling = () => { turn += 1; };

/**
 * Ask again and again while the view lasts, but not while the page is hidden. `ask` answers the seconds to wait, or
 * null when nothing more will change; what is returned asks at once. An API that is away is asked less and less often, up to once a minute.
 */
export function poll(ask) {
  const mine = turn;
  let failures = 0;
  let timer = 0;
  let isBusy = false;
  const isOver = () => mine !== turn;
  const run = async () => {
    if (isBusy || isOver() || document.hidden) return;
    clearTimeout(timer);
    isBusy = true;
    let wait;
    try {
      wait = await ask();
      failures = 0;
      connection("");
    } catch (error) {
      failures += 1;
      wait = isLasting(error) ? null : Math.min(60, 2 ** failures);
      if (!isOver()) connection(wait === null ? error.message : `${error.message} Trying again in ${wait} s.`);
    }
    isBusy = false;
    if (wait !== null && !isOver()) timer = setTimeout(run, wait * 1000);
  };
  document.addEventListener("visibilitychange", function wake() {
    if (isOver()) document.removeEventListener("visibilitychange", wake);
    else run();
  });
  run();
  return run;
}

const isLasting = (error) => [400, 401, 403, 404].includes(error.status);

export function connection(text) {
  const notice = document.getElementById("notice");
  if (notice.textContent !== text) notice.textContent = text;
}
