import type { IncomingMessage } from 'node:http';
import { SOCKET_HEADERS } from '#platform/http';
import { AppError } from '#platform/kernel';

interface FirstFrame {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Takes token, account and key out of the first frame; the rest is the body, as it came where there is nothing to take out. */
export function readFirstFrame(data: Buffer, { headers }: IncomingMessage): FirstFrame {
  const frame = parsedObject(data);
  if (frame === undefined) return { headers: {}, body: data };
  const given: Record<string, string> = {};
  let isWhole = true;
  for (const [field, header] of Object.entries(SOCKET_HEADERS)) {
    if (!Object.hasOwn(frame, field)) continue;
    const value = frame[field];
    if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value)) throw badField(field);
    delete frame[field];
    isWhole = false;
    if (headers[header] === undefined) given[header] = field === 'access_token' ? `Bearer ${value}` : value;
  }
  return { headers: given, body: isWhole ? data : Buffer.from(JSON.stringify(frame)) };
}

/** What is no object, or nested too deeply to be written again, is the walk's to refuse. */
function parsedObject(data: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data.toString());
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    JSON.stringify(value);
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function badField(field: string): AppError {
  const issues = [{ path: `body.${field}`, message: 'A text of printable ASCII characters.' }];
  return new AppError('validation_failed', { details: { issues } });
}
