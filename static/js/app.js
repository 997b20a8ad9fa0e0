// Comfort and safety on top of pages that work without any script: focus on the error summary,
// one submit per tap, a quick exit, and a warning before an idle session ends.
"use strict";

(() => {
  const page = document.documentElement;

  // ---- Error summary: focus it, and let each link show the label above the box it leads to.
  const summary = document.querySelector(".govuk-error-summary");
  if (summary) {
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const box = link && document.getElementById(link.hash.slice(1));
      if (!box) return;
      event.preventDefault();
      const fieldset = box.closest("fieldset");
      const label = (fieldset && fieldset.querySelector("legend")) || document.querySelector(`label[for="${box.id}"]`);
      (label || box).scrollIntoView();
      box.focus({ preventScroll: true });
    });
  }

  // ---- One submit per tap. The button is not disabled, its value would be lost; after ten
  // seconds a retry is allowed, because a weak signal may have swallowed the first try.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (Date.now() - (sent.get(form) || 0) < 10000) {
      event.preventDefault();
      return;
    }
    sent.set(form, Date.now());
    const button = event.submitter;
    if (!button) return;
    button.setAttribute("aria-disabled", "true");
    setTimeout(() => button.removeAttribute("aria-disabled"), 10000);
  });

  // A page that comes back from the browser's cache must be usable, but never readable after
  // an exit: it is asked from the server again, which shows the sign-in page.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    if (page.classList.contains("app-leaving")) {
      location.reload();
      return;
    }
    document.querySelectorAll("form").forEach((form) => sent.delete(form));
    document.querySelectorAll("button[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  });

  const post = (url, body, keepalive) =>
    fetch(url, { method: "POST", body, keepalive, credentials: "same-origin", redirect: "manual" });

  // ---- Quick exit: the button, or Shift three times within five seconds.
  const exit = document.getElementById("quick-exit");
  if (exit) {
    const leave = () => {
      page.classList.add("app-leaving");
      document.title = "\u200b";
      if (!exit.dataset.exitUrl) {
        exit.submit();
        return;
      }
      // `keepalive` lets the request that ends the session outlive this page.
      post(exit.action, new FormData(exit), true).catch(() => {});
      location.replace(exit.dataset.exitUrl);
    };
    exit.addEventListener("submit", (event) => {
      event.preventDefault();
      leave();
    });
    let presses = [];
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Shift") {
        presses = [];
        return;
      }
      if (event.repeat) return;
      presses = presses.filter((time) => Date.now() - time < 5000).concat(Date.now());
      if (presses.length >= 3) leave();
    });
  }

  // ---- Idle session: warn, then keep what was typed and leave. Wall-clock time, because
  // phones stop timers while the screen is off; other tabs report that the person is active.
  const dialog = document.getElementById("idle-dialog");
  if (dialog && dialog.showModal) {
    const idle = dialog.dataset.idleSeconds * 1000;
    const warn = dialog.dataset.warnSeconds * 1000;
    const { keepUrl, endedUrl } = dialog.dataset;
    // The ten hours of a session are over at this moment, whatever happens on the page.
    const over = Date.now() + dialog.dataset.leftSeconds * 1000;
    const texts = dialog.querySelectorAll("[data-when]");
    const say = (when) => texts.forEach((part) => (part.hidden = part.dataset.when !== when));
    let told = false;
    const signOut = dialog.querySelector("form");
    const channel = "BroadcastChannel" in window ? new BroadcastChannel("activity") : null;
    let lastActive = Date.now();
    let lastTold = lastActive;
    let ended = false;

    const typedIn = (form) =>
      [...form.elements].some(
        (box) =>
          box.matches("textarea, input[type=text], input:not([type])") &&
          !box.readOnly &&
          box.value.trim() !== "",
      );

    // First the session ends. Only when that is sure, the form is sent: without a session the
    // server carries nothing out, keeps the text encrypted for this person, and asks to sign in.
    const end = async () => {
      if (ended) return;
      ended = true;
      page.classList.add("app-leaving");
      const goodbye = new FormData(signOut);
      goodbye.set("idle", "1");
      const answer = await post(signOut.action, goodbye, true).catch(() => null);
      const form = [...document.querySelectorAll("main form[method=post]")].find(typedIn);
      if (form && answer && answer.type === "opaqueredirect") HTMLFormElement.prototype.submit.call(form);
      else if (endedUrl) location.replace(endedUrl);
      else location.reload();
    };

    // Typing alone does not reach the server, so tell it now and then that someone is here.
    const tell = async () => {
      lastTold = Date.now();
      if (!keepUrl) return;
      try {
        const answer = await post(keepUrl, new FormData(signOut));
        if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) end();
      } catch {
        // No signal: activity after half a minute tries again.
        lastTold = Date.now() - idle / 5 + 30000;
      }
    };

    const active = () => {
      if (dialog.open) return;
      const now = Date.now();
      if (now - lastActive > 5000 && channel) channel.postMessage(now);
      lastActive = now;
      if (now - lastTold > idle / 5) tell();
    };

    const stay = () => {
      if (dialog.open) dialog.close();
      if (over - Date.now() <= warn) return;
      lastActive = Date.now();
      if (channel) channel.postMessage(lastActive);
      tell();
    };

    const check = () => {
      const quiet = Date.now() - lastActive;
      if (quiet >= idle || Date.now() >= over) end();
      else if (dialog.open) return;
      else if (over - Date.now() <= warn && !told) {
        told = true;
        say("over");
        dialog.showModal();
      } else if (quiet >= idle - warn) {
        say("idle");
        dialog.showModal();
      }
    };

    if (channel) {
      channel.onmessage = (event) => {
        lastActive = Math.max(lastActive, event.data);
        if (dialog.open && Date.now() - lastActive < idle - warn) dialog.close();
      };
    }
    ["pointerdown", "keydown", "input", "scroll"].forEach((kind) =>
      document.addEventListener(kind, active, { passive: true, capture: true }),
    );
    document.addEventListener("visibilitychange", check);
    document.getElementById("idle-stay").addEventListener("click", stay);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      stay();
    });
    setInterval(check, 1000);
  }
})();
