// Which view is shown, and signing in.

import { connection, hasToken, isBoss, resumeSession, session, signIn, signOut, stopPolling } from "./api.js";
import { detailView } from "./detail.js";
import { el } from "./dom.js";
import { eventsView } from "./events.js";
import { field, input } from "./form.js";
import { button, during, errorPanel, loading } from "./components.js";
import { lettersView } from "./dead-letters.js";
import { schedulesView } from "./schedules.js";
import { settingsView } from "./settings.js";
import { simulationsView } from "./simulations.js";
import { startView } from "./start.js";

const VIEWS = {
  "": { title: "Simulations", show: simulationsView, link: true },
  start: { title: "Start", show: startView, link: true },
  simulation: { title: "Simulation", show: detailView },
  schedules: { title: "Schedules", show: schedulesView, link: true },
  events: { title: "Events", show: eventsView, link: true },
  letters: { title: "Dead letters", show: lettersView, link: true, boss: true },
  settings: { title: "Settings", show: settingsView, link: true, boss: true },
};

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const who = document.getElementById("who");

function show() {
  stopPolling();
  connection("");
  if (session.role === null) {
    signInView();
    return;
  }
  const [name = "", argument = null] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  const known = VIEWS[name] ?? VIEWS[""];
  const view = known.boss && !isBoss() ? VIEWS[""] : known;
  document.title = `${name === "simulation" ? argument : view.title} · SimCRM console`;
  paintTop(name);
  main.scrollTop = 0;
  view.show(main, argument);
}

function paintTop(name) {
  const links = Object.entries(VIEWS).filter(([, view]) => view.link && (!view.boss || isBoss()));
  nav.replaceChildren(...links.map(([key, view]) => el("a", { href: `#/${key}`, "aria-current": key === name ? "page" : null }, view.title)));
  nav.hidden = false;
  const current = nav.querySelector("[aria-current]");
  if (current) nav.scrollLeft = current.offsetLeft - nav.offsetLeft - (nav.clientWidth - current.clientWidth) / 2;
  who.replaceChildren(el("span", { class: "role" }, session.role), button("Sign out", leave, { kind: "quiet small", id: "sign-out" }));
  who.hidden = false;
}

function leave() {
  signOut();
  show();
}

function signInView(problem = "") {
  nav.hidden = true;
  who.hidden = true;
  document.title = "Sign in · SimCRM console";
  const token = input("password", { required: true, spellcheck: "false" });
  const submit = el("button", { type: "submit", class: "button primary" }, "Sign in");
  const form = el("form", { class: "panel sign-in", novalidate: true }, el("h1", {}, "Sign in"),
    field("token", "Token", token, "The operator token, or the boss token for settings and dead letters. simcrm up prints both; for a deployed stack, they are in its secret."),
    submit, el("p", { class: "soft" }, "The token stays in this tab and is forgotten when you close it."));
  const fault = form.querySelector(".problem");
  fault.setAttribute("role", "alert");
  fault.textContent = problem;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    during(submit, async () => {
      try {
        await signIn(token.value.trim());
        show();
        main.focus();
      } catch (error) {
        fault.textContent = error.status === 401 ? "This token is not valid." : error.message;
        token.setAttribute("aria-invalid", "true");
        token.focus();
      }
    });
  });
  main.replaceChildren(form);
  token.focus();
}

addEventListener("hashchange", () => { show(); main.focus({ preventScroll: true }); });
addEventListener("signedout", () => { signOut(); stopPolling(); signInView("The token is no longer valid."); });
document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });

if (hasToken()) {
  main.replaceChildren(loading(4));
  resumeSession().then(show, (error) => (hasToken() ? main.replaceChildren(errorPanel(error)) : signInView("")));
} else {
  show();
}
