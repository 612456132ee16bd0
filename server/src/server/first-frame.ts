import type { IncomingHttpHeaders } from 'node:http';
import { SOCKET_BODY_FOLLOWS, SOCKET_HEADERS } from '#platform/http';
import { AppError } from '#platform/kernel';

export interface FirstFrame {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether it says who calls, and no more. */
  readonly isFollowed: boolean;
}

/** Takes token, account and key out of the first frame; the rest is the body, as it came where there is nothing to take out. */
export function readFirstFrame(data: Buffer, headers: IncomingHttpHeaders): FirstFrame {
  const frame = parsedObject(data);
  if (frame === undefined) return { headers: {}, body: data, isFollowed: false };
  const isFollowed = frame[SOCKET_BODY_FOLLOWS] === true;
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
  const [beside] = Object.keys(frame).filter((field) => field !== SOCKET_BODY_FOLLOWS);
  if (isFollowed && beside !== undefined)
    throw badField(beside, 'A frame that the body follows has none of it.');
  return { headers: given, body: isWhole ? data : Buffer.from(JSON.stringify(frame)), isFollowed };
}

/** Data that is no object, or nested too deeply to be written again, is the walk's to refuse. */
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

function badField(field: string, message = 'A text of printable ASCII characters.'): AppError {
  const issues = [{ path: `body.${field}`, message }];
  return new AppError('validation_failed', { details: { issues } });
}
