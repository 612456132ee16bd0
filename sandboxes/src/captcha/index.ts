import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen, type ListeningOptions } from '../listen.ts';

/** What the next calls meet in place of the truth: a status, a connection that breaks, or a text that is no answer. */
export type Fault = { readonly status: number } | 'reset' | 'nonsense';

/** A stand-in for Turnstile, hCaptcha and reCAPTCHA that is running. */
export interface CaptchaSandbox {
  /** For CAPTCHA_VERIFY_URL. */
  readonly url: string;
  readonly secret: string;
  readonly siteKey: string;
  /** What the page of a person who has solved it sends along; good once. */
  solve(): string;
  /** The addresses that answers were verified for, oldest first. */
  readonly verified: readonly (string | undefined)[];
  /** Each meets one call, in order. */
  readonly faults: Fault[];
  close(): Promise<void>;
}

/** Starts a server on loopback that speaks `siteverify`, with the error codes that the vendors share. */
export async function createCaptchaSandbox(options: ListeningOptions = {}): Promise<CaptchaSandbox> {
  const [secret, siteKey] = ['captcha-sandbox-secret', 'captcha-sandbox-site-key'];
  const solved = new Set<string>();
  const used = new Set<string>();
  const verified: (string | undefined)[] = [];
  const faults: Fault[] = [];

  async function verify(request: IncomingMessage): Promise<object> {
    const form = new URLSearchParams(await text(request));
    const response = form.get('response');
    verified.push(form.get('remoteip') ?? undefined);
    if (request.method !== 'POST') return failureOf('bad-request');
    if (form.get('secret') !== secret) return failureOf('invalid-input-secret');
    if (response === null) return failureOf('missing-input-response');
    if (used.has(response)) return failureOf('timeout-or-duplicate');
    if (!solved.delete(response)) return failureOf('invalid-input-response');
    used.add(response);
    return {
      success: true,
      challenge_ts: new Date().toISOString(),
      hostname: 'localhost',
      'error-codes': [],
    };
  }

  const listener: RequestListener = (request, response) => {
    const fault = faults.shift();
    if (fault === 'reset') return void request.socket.destroy();
    if (fault === 'nonsense') return void response.end('<html>');
    if (fault !== undefined) return void response.writeHead(fault.status).end();
    void verify(request).then((body) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  };
  const listening = await listen('CAPTCHA', listener, options);
  return {
    url: `${listening.url}/siteverify`,
    secret,
    siteKey,
    verified,
    faults,
    solve() {
      const answer = randomUUID();
      solved.add(answer);
      return answer;
    },
    close: listening.close,
  };
}

const failureOf = (code: string) => ({ success: false, 'error-codes': [code] });
