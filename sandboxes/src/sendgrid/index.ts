import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listen, type ListeningOptions } from '../listen.ts';

const address = z.strictObject({ email: z.email(), name: z.string().optional() });
const RESERVED = [
  'to',
  'from',
  'subject',
  'reply-to',
  'cc',
  'bcc',
  'received',
  'dkim-signature',
  'content-type',
];

/** What `POST /v3/mail/send` takes, as far as it is used: https://docs.sendgrid.com/api-reference/mail-send/mail-send */
const mailSchema = z.strictObject({
  personalizations: z.array(z.strictObject({ to: z.array(address).min(1) })).min(1),
  from: address,
  subject: z
    .string()
    .min(1)
    .regex(/^[^\r\n]*$/),
  content: z
    .array(z.strictObject({ type: z.enum(['text/plain', 'text/html']), value: z.string().min(1) }))
    .min(1),
  attachments: z
    .array(
      z.strictObject({
        content: z.base64().min(1),
        type: z.string().min(1).optional(),
        filename: z.string().min(1),
        disposition: z.enum(['inline', 'attachment']).optional(),
      }),
    )
    .min(1)
    .optional(),
  headers: z
    .record(z.string(), z.string())
    .refine((all) => Object.keys(all).every((name) => !RESERVED.includes(name.toLowerCase())))
    .optional(),
  custom_args: z.record(z.string(), z.string()).optional(),
  tracking_settings: z.record(z.string(), z.object({ enable: z.boolean() })).optional(),
});

export type SentMail = z.infer<typeof mailSchema>;

/** What the next calls are answered in place of the truth: a status, a connection that breaks, or silence. */
export type Fault = { readonly status: number } | 'reset' | 'hang';

export interface SendGridSandbox {
  /** For SENDGRID_URL. */
  readonly url: string;
  readonly apiKey: string;
  /** All mails that were taken, oldest first. */
  readonly mails: readonly SentMail[];
  /** Each meets one call, in order. */
  readonly faults: Fault[];
  close(): Promise<void>;
}

/** Starts a server on loopback that speaks the part of SendGrid's API that sends mails. */
export async function createSendGridSandbox(options: ListeningOptions = {}): Promise<SendGridSandbox> {
  const apiKey = 'SG.sandbox';
  const mails: SentMail[] = [];
  const faults: Fault[] = [];

  async function answer(request: IncomingMessage): Promise<{ status: number; body?: object }> {
    if (request.headers.authorization !== `Bearer ${apiKey}`)
      return refusal(401, 'The provided authorization grant is invalid, expired, or revoked');
    if (request.url === '/v3/scopes') return { status: 200, body: { scopes: ['mail.send'] } };
    if (request.method !== 'POST' || request.url !== '/v3/mail/send') return refusal(404, 'not found');
    const parsed = mailSchema.safeParse(JSON.parse(await text(request)));
    if (!parsed.success) return refusal(400, parsed.error.issues[0]?.message ?? 'bad request');
    mails.push(parsed.data);
    return { status: 202 };
  }

  const listener: RequestListener = (request, response) => {
    const fault = faults.shift();
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    const said = fault === undefined ? answer(request) : Promise.resolve(refusal(fault.status, 'told to'));
    void said.then(({ status, body }) => {
      response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  };
  const listening = await listen('SendGrid', listener, options);
  return {
    url: listening.url,
    apiKey,
    mails,
    faults,
    close: listening.close,
  };
}

const refusal = (status: number, message: string) => ({
  status,
  body: { errors: [{ message, field: null, help: null }] },
});
