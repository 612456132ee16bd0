/** A model behind OpenAI's protocol, as any backend calls one. */
export interface Model {
  readonly url: string;
  readonly apiKey: string;
  readonly name: string;
}

/** An answer of such a model. */
interface Answer {
  readonly id: string;
  readonly choices: readonly { readonly message: { readonly content: string } }[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

/** The longest that a summary may be, in tokens. */
export const LONGEST = 200;

/** Asks the model for a summary. */
export async function summarize(
  { url, apiKey, name }: Model,
  text: string,
  signal?: AbortSignal,
): Promise<{ readonly summary: string; readonly answer: Answer }> {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: name,
      max_tokens: LONGEST,
      messages: [{ role: 'user', content: `Sum this up in two sentences:\n\n${text}` }],
    }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw new Error(`the model answered ${response.status}`);
  const answer = (await response.json()) as Answer;
  return { summary: answer.choices[0]?.message.content ?? '', answer };
}
