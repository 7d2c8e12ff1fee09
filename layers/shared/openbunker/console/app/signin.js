// The page that asks for a QUERY key, and says why where one was given and did not do.
import { html, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Secret } from "./parts/secret.js";
import { signIn } from "./session.js";

export function SignIn({ wrong }) {
  const [text, setText] = useState("");
  const submit = (event) => {
    event.preventDefault();
    signIn(text);
  };
  return html`<main class="middle">
    <h1>openbunker</h1>
    ${
      wrong &&
      html`<p class="note bad" role="alert"><${Icon} name="refused" /> <span>${wrong}</span></p>`
    }
    <form onSubmit=${submit} class="middle-form">
      <${Secret}
        label="QUERY key"
        name="query-key"
        hint="obq_…"
        value=${text}
        onType=${setText}
        first
      />
      <button class="main">Open</button>
    </form>
    <p class="soft">
      The key stays in this tab and is sent in a header; no address holds it. It shows what it may
      see: its project, or the part of it that it is bound to. On one machine${" "}
      <code>openbunker demo</code> tells the demo project's; others are made with${" "}
      <code>openbunker keys create --type QUERY</code>.
    </p>
  </main>`;
}
