import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** The version that wrote it. */
export const COMMIT = 'd6ca964e';
/** What it wrote. */
export const FILE = join(import.meta.dirname, `${COMMIT}.json.br`);

/** A call, and what it was answered with, byte for byte. */
export interface Answered {
  readonly by: 'owner' | 'ada';
  /** `POST /v1/create` */
  readonly call: string;
  readonly body?: unknown;
  /** Its Idempotency-Key. */
  readonly key?: string | undefined;
  readonly status: number;
  readonly text: string;
}

/** All that a program left when it was killed, and what it had told its customers. */
export interface Kept {
  /** Milliseconds since 1970 by its clock, right after it was killed. */
  readonly at: number;
  /** Its database on PostgreSQL, as SQL for a user who may make roles. */
  readonly sql: string;
  /** Its data folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<Answered['by'], string>>;
  readonly login: { readonly email: string; readonly password: string };
  readonly session: { readonly access_token: string; readonly refresh_token: string };
  /** Posts: one whose call was on its way to the provider, and one that waited for its turn. */
  readonly sent: string;
  readonly queued: string;
  /** A permit that a backend had taken and not closed. */
  readonly permit: string;
  /** Until when the plan goes on, though it is not paid. */
  readonly suspendsAt: string;
  /** Calls that answer the same when they are repeated. */
  readonly repeatable: readonly Answered[];
  /** What was read last. */
  readonly read: readonly Answered[];
}

export function pack(kept: Kept): Buffer {
  return brotliCompressSync(JSON.stringify(kept), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
}

export function readKept(): Kept {
  return JSON.parse(brotliDecompressSync(readFileSync(FILE)).toString()) as Kept;
}

/** The flags of a Node whose clock is so many milliseconds ahead. */
export function aheadBy(milliseconds: number): string[] {
  return ['--import', new URL(`./clock.ts?ahead=${Math.round(milliseconds)}`, import.meta.url).href];
}

export interface Asking {
  readonly token?: string;
  /** The account, where a token is good for several. */
  readonly account?: string;
  readonly body?: unknown;
  readonly key?: string | undefined;
}

/** Asks a server, and answers what it says as it says it. */
export async function ask(url: string, call: string, { token, account, body, key }: Asking = {}) {
  const [method = 'GET', path = '/'] = call.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(account === undefined ? {} : { 'x-account-id': account }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

/** What Stripe's sandbox answers to its owner, who asks as Stripe's API is asked. */
export async function askStripe(
  state: string,
  call: string,
  form: Readonly<Record<string, string>> = {},
): Promise<{ readonly id: string; readonly data: readonly { readonly id: string }[] }> {
  const { url } = JSON.parse(state) as { readonly url: string };
  const [method = 'GET', path = '/'] = call.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: { authorization: 'Bearer sk_test_sandbox' },
    ...(method === 'GET' ? {} : { body: new URLSearchParams(form) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${call}: ${text}`);
  return JSON.parse(text);
}
