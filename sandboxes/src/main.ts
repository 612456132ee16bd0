#!/usr/bin/env node
import { parseArgs } from 'node:util';

interface Started {
  /** What a program under test is told, by the names that vendors give it where they have any. */
  readonly settings: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

interface Options {
  readonly port: number;
  /** Of Stripe alone: where it keeps what it knows. */
  readonly file: string | undefined;
}

const USAGE = `Usage: plinth-sandboxes <openai|stripe|openid|qstash|sendgrid|captcha> [--port 4010] [--file stripe.json]

Starts one on 127.0.0.1, prints what a client needs, and answers until it is stopped.
`;

/** Each is loaded when it is asked for. */
const STARTS: Readonly<Record<string, (options: Options) => Promise<Started>>> = {
  async openai({ port }) {
    const { createOpenAISandbox } = await import('./openai/index.ts');
    const { url, apiKey, close } = await createOpenAISandbox({ port });
    return { settings: { OPENAI_BASE_URL: url, OPENAI_API_KEY: apiKey }, close };
  },
  async stripe({ port, file }) {
    const { createStripeSandbox } = await import('./stripe/index.ts');
    const { url, secretKey, close } = await createStripeSandbox({ port, file });
    return { settings: { STRIPE_API_URL: url, STRIPE_SECRET_KEY: secretKey }, close };
  },
  async openid({ port }) {
    const { createOpenIdSandbox } = await import('./openid/index.ts');
    const { url, clientId, clientSecret, close } = await createOpenIdSandbox({ port });
    return { settings: { ISSUER: url, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret }, close };
  },
  async qstash({ port }) {
    const { createQStashSandbox } = await import('./qstash/index.ts');
    const { url, token, keys, close } = await createQStashSandbox({ port });
    const signing = { QSTASH_CURRENT_SIGNING_KEY: keys.current, QSTASH_NEXT_SIGNING_KEY: keys.next };
    return { settings: { QSTASH_URL: url, QSTASH_TOKEN: token, ...signing }, close };
  },
  async sendgrid({ port }) {
    const { createSendGridSandbox } = await import('./sendgrid/index.ts');
    const { url, apiKey, close } = await createSendGridSandbox({ port });
    return { settings: { SENDGRID_URL: url, SENDGRID_API_KEY: apiKey }, close };
  },
  async captcha({ port }) {
    const { createCaptchaSandbox } = await import('./captcha/index.ts');
    const { url, secret, siteKey, close } = await createCaptchaSandbox({ port });
    return {
      settings: { CAPTCHA_VERIFY_URL: url, CAPTCHA_SECRET: secret, CAPTCHA_SITE_KEY: siteKey },
      close,
    };
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '0' }, file: { type: 'string' } },
});
const start = STARTS[positionals[0] ?? ''];
if (start === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const { settings, close } = await start({ port: Number(values.port), file: values.file });
  for (const [name, value] of Object.entries(settings)) process.stdout.write(`${name}=${value}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}
