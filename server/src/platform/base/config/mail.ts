import { join, resolve } from 'node:path';
import type { Values } from './settings.ts';
import { isThisMachine } from './is-this-machine.ts';

/** How mails are sent (docs/mail.md). */
export interface MailSettings {
  readonly from: { readonly name: string | undefined; readonly address: string };
  readonly via: OutboxSettings | SmtpSettings | SendGridSettings;
}

export interface OutboxSettings {
  readonly transport: 'outbox';
  /** Absolute. */
  readonly folder: string;
}

export interface SmtpSettings {
  readonly transport: 'smtp';
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte: smtps://. */
  readonly secure: boolean;
  /** Whether nothing is sent, the password above all, before the connection is encrypted. */
  readonly requireTls: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

export interface SendGridSettings {
  readonly transport: 'sendgrid';
  readonly url: string;
  readonly apiKey: string;
}

const FROM = /^(?:([^<>"\r\n]*[^<>"\r\n\s])\s*<([^\s<>@]+@[^\s<>@]+)>|([^\s<>@]+@[^\s<>@]+))$/;

/** Reads how mails are sent. What is wrong is added to `problems`, a line each. */
export function readMail(values: Values, problems: string[]): MailSettings {
  const { MAIL_FROM: sender, SMTP_URL: smtp, SENDGRID_API_KEY: apiKey, MAIL_TRANSPORT: named } = values;
  const [, name, bracketed, bare] = FROM.exec(sender) ?? [];
  const address = bracketed ?? bare ?? '';
  if (address === '') problems.push('MAIL_FROM must be an address, or a name and an address in <>.');
  if (named === undefined && smtp !== undefined && apiKey !== undefined)
    problems.push('SMTP_URL and SENDGRID_API_KEY are both set: say by MAIL_TRANSPORT which one sends.');
  const transport = named ?? (smtp !== undefined ? 'smtp' : apiKey !== undefined ? 'sendgrid' : 'outbox');
  if (transport === 'smtp' && smtp === undefined)
    problems.push('SMTP_URL is missing: MAIL_TRANSPORT=smtp sends there.');
  if (transport === 'sendgrid' && apiKey === undefined)
    problems.push('SENDGRID_API_KEY is missing: MAIL_TRANSPORT=sendgrid sends with it.');
  problems.push(...unfitForProduction(values, transport));
  return { from: { name, address }, via: viaOf(values, transport) };
}

function viaOf(values: Values, transport: MailSettings['via']['transport']): MailSettings['via'] {
  const { SMTP_URL: smtp, SENDGRID_API_KEY: apiKey, SENDGRID_URL: url } = values;
  if (transport === 'smtp' && smtp !== undefined) return smtpOf(smtp, values.SMTP_TLS);
  if (transport === 'sendgrid' && apiKey !== undefined) return { transport, url, apiKey };
  return { transport: 'outbox', folder: join(resolve(values.DATA_DIR), 'outbox') };
}

function smtpOf(given: string, tls: Values['SMTP_TLS']): SmtpSettings {
  const url = new URL(given);
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    transport: 'smtp',
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTls: !secure && (tls === undefined ? !isThisMachine(host) : tls === 'required'),
    auth:
      url.username === ''
        ? undefined
        : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
  };
}

/** In production a mail in a folder is not read, and links lead to where the world reaches this server. */
function unfitForProduction(values: Values, transport: MailSettings['via']['transport']): string[] {
  if (values.NODE_ENV !== 'production') return [];
  if (transport === 'outbox')
    return values.MAIL_TRANSPORT === 'outbox'
      ? []
      : [
          'No way for mails is set: set SMTP_URL or SENDGRID_API_KEY, or MAIL_TRANSPORT=outbox to write them to a folder in production.',
        ];
  return [
    ...(values.PUBLIC_URL === undefined ? ['PUBLIC_URL is missing: links in mails lead there.'] : []),
    ...(values.MAIL_FROM.endsWith('@localhost') ? ['MAIL_FROM is missing: mails are sent from it.'] : []),
  ];
}
