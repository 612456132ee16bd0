import type { InnerAnswer, InnerCall } from 'plinth/product';

/** Makes a call of the public API, in the name of the user of the tools. Of an answer with status 0, `body` says why there is none. */
export type CallApi = (call: InnerCall) => Promise<InnerAnswer>;

type Fields = Readonly<Record<string, unknown>>;

/** The API said no. */
export class Refusal extends Error {
  readonly said: Fields;

  constructor({ status, body, headers }: InnerAnswer) {
    const { code, message, ...more } = fieldsOf(fieldsOf(parse(body))['error']);
    super(typeof message === 'string' ? message : `The server answered ${status}, and no more is known.`);
    const wait = headers['retry-after'];
    this.said = {
      code: typeof code === 'string' ? code : 'unreadable_answer',
      message: this.message,
      status,
      ...(wait === undefined ? {} : { retry_after: Number(wait) }),
      ...more,
    };
  }
}

/** The API's answer; throws a `Refusal`. */
export async function ask(call: CallApi, asked: InnerCall): Promise<Fields> {
  const answer = await call(asked);
  const said = parse(answer.body);
  if (answer.status < 200 || answer.status >= 300 || said === undefined) throw new Refusal(answer);
  return fieldsOf(said);
}

/** The path of a call with what its query says. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const said = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return said.length === 0 ? path : `${path}?${new URLSearchParams(said).toString()}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
