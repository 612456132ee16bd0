import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '#platform/config';
import { localOwner } from '#platform/owner';
import type { ServerCaller } from '#platform/product';
import { codeOf, OperatorError } from './operator-error.ts';
import { runningServer } from './server-file.ts';

const PATIENCE = 30_000;
/** Until a stream has ended, of a slow model too. */
const LONGEST = 180_000;

/** A server's refusal of a call. */
export class RefusedCall extends OperatorError {
  /** Seconds after which the same call may be made again; undefined: it is not to be. */
  readonly retryAfter: number | undefined;
  constructor(sentence: string, retryAfter: number | undefined) {
    super(sentence);
    this.retryAfter = retryAfter;
  }
}

type Answer = Readonly<Record<string, unknown>>;

/** Calls the server at `url`, with the API key or access token that `token` is once it is set. */
export interface SignedCaller extends ServerCaller {
  token: string;
  call(line: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
}

/** A word of a command that names a server or a key: `url=https://api.example.com`. */
export const isServerWord = (word: string): boolean => /^(url|key)=\S+$/.test(word);

/** Calls the server that is named, else the one of this DATA_DIR, by the key that is named, else that of its local owner. */
export function callerOf({ dataDir, baseUrl }: Config, words: readonly string[]): SignedCaller {
  const named: { readonly url?: string; readonly key?: string } = Object.fromEntries(
    words.map((word) => [word.slice(0, 3), word.slice(4)]),
  );
  if (named.url !== undefined && !/^https?:\/\/[^/]/.test(named.url))
    throw new OperatorError(`url=${named.url}: write its scheme before it, as url=https://api.example.com.`);
  const url = (named.url ?? runningServer(dataDir) ?? baseUrl).replace(/\/+$/, '');
  const key = named.key ?? localOwner(dataDir).api_key;
  if (key !== undefined) return createCaller(url, key);
  const path = join(dataDir, 'owner.json');
  throw new OperatorError(`There is no key in ${path}: start the server first, or name one (key=…).`);
}

export function createCaller(url: string, token = ''): SignedCaller {
  const send = async (line: string, options: RequestInit, headers: Record<string, string>) => {
    const [method = 'GET', path = ''] = line.split(' ', 2);
    const authorization = caller.token === '' ? {} : { authorization: `Bearer ${caller.token}` };
    const response = await fetch(url + path, {
      ...options,
      method,
      headers: { ...authorization, ...headers },
      // It would take the password along.
      redirect: 'manual',
    }).catch((cause: unknown) => {
      throw new OperatorError(`No server answers at ${url} (${codeOf(cause)}): does it run?`, { cause });
    });
    if (response.ok) return response;
    const { error } = (await response.json().catch(() => ({}))) as { readonly error?: Answer };
    const to = response.headers.get('location');
    const moved =
      to === null ? '' : `, which leads to ${to.slice(0, 200)}: name the address that answers itself`;
    const says = error === undefined ? moved : ` ${String(error['code'])}: ${String(error['message'])}`;
    const after = response.headers.get('retry-after');
    throw new RefusedCall(
      `${line} was answered ${response.status}${says}.`.replace(/\.\.$/, '.'),
      after === null ? undefined : Number(after),
    );
  };
  const caller: SignedCaller = {
    token,
    failure: (sentence, cause) => new OperatorError(sentence, { cause }),
    open: (line) => send(line, { signal: AbortSignal.timeout(LONGEST) }, { accept: 'text/event-stream' }),
    async call(line, body, headers = {}) {
      const json = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
      const options = { signal: AbortSignal.timeout(PATIENCE) };
      const response = await (body === undefined
        ? send(line, options, headers)
        : send(line, { ...options, body: JSON.stringify(body) }, { ...json, ...headers }));
      const text = await response.text().catch((cause: unknown) => {
        throw new OperatorError(`The answer to ${line} broke off (${codeOf(cause)}).`, { cause });
      });
      return response.status === 204 ? {} : answerOf(line, text);
    },
  };
  return caller;
}

/** A server that answers 200 to everything is no Plinth: a page of a proxy, of a console, of a provider of names. */
function answerOf(line: string, text: string): Answer {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new OperatorError(`${line} was answered with what is no JSON: is this the address of Plinth?`, {
      cause,
    });
  }
}
