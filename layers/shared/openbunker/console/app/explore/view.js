// Explore: a question that is built by clicking, and its answer. The address holds all of it.
import { html, useEffect, useState } from "../html.js";
import { useAddress } from "../address.js";
import { answered, failed } from "../connection.js";
import { Icon } from "../icons.js";
import { ask, mayRetry, wrongKey } from "../server.js";
import { ZONE } from "../words.js";
import { before, chosenIn, questionOf } from "./asked.js";
import { beside } from "./compared.js";
import { Form } from "./form.js";
import { Funnel, Retention } from "./people.js";
import { Trend } from "./result.js";

const AGAIN_MS = 3000;
const SHOWN = { trend: Trend, funnel: Funnel, retention: Retention };

// The answer now, and where it is compared the one of the period before beside it.
async function answerTo(question, compared, dated, signal) {
  const earlier = compared ? before(question, Date.now()) : null;
  const [now, then] = await Promise.all([
    ask("v1/query/json", { body: question, signal }),
    earlier ? ask("v1/query/json", { body: earlier, signal }) : null,
  ]);
  const whole = then ? beside(now, then, dated) : now;
  return { ...whole, complete: now.complete && (!then || then.complete), compared: then !== null };
}

function useAnswer(question, chosen, onWrong) {
  const [state, tell] = useState({ asking: true });
  const [turn, again] = useState(0);
  const asked = JSON.stringify([question, chosen.compare]);
  useEffect(() => {
    if (!question) return undefined;
    const ended = new AbortController();
    let timer = 0;
    tell((old) => ({ ...old, asking: true }));
    answerTo(question, chosen.compare, chosen.each !== "none", ended.signal)
      .then((answer) => {
        answered();
        tell({ answer, of: asked });
      })
      .catch((error) => {
        if (ended.signal.aborted) return;
        if (wrongKey(error)) onWrong(error);
        else if (!mayRetry(error)) tell({ error });
        else {
          failed(error);
          timer = setTimeout(() => again(turn + 1), AGAIN_MS);
        }
      });
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [asked, turn]);
  return { ...state, stale: state.of !== asked };
}

function Answer({ question, chosen, onWrong }) {
  const { answer, asking, error, stale } = useAnswer(question, chosen, onWrong);
  if (error)
    return html`<p class="note bad" role="alert">
      <${Icon} name="refused" /> <span>${error.text} (${error.reason})</span>
    </p>`;
  if (!answer || (stale && answer.kind !== chosen.kind && !answer.rows))
    return html`<p class="soft">Asking…</p>`;
  const Shown = SHOWN[chosen.kind];
  if (stale) return html`<p class="soft" role="status">Asking…</p>`;
  return html`<div class="answer" aria-busy=${!!asking}>
    <${Shown} ...${{ answer, chosen, question, timezone: ZONE, compared: answer.compared }} />
  </div>`;
}

export function Explore({ onWrong }) {
  const chosen = chosenIn(useAddress());
  const question = questionOf(chosen, ZONE);
  return html`<section aria-label="Explore">
    <${Form} chosen=${chosen} />
    ${
      question
        ? html`<${Answer} question=${question} chosen=${chosen} onWrong=${onWrong} />`
        : html`<p class="nothing soft">
            ${chosen.kind === "funnel" ? "Choose two events or more." : "Choose a field."}
          </p>`
    }
  </section>`;
}
