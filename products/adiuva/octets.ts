import { AppError, type IncomingCall, octetsOf as octetsIn } from 'plinth/product';
import { z } from 'zod';

/** The most bytes of one record or backup: what every S3 takes in one piece. */
const LARGEST = 5_000_000_000;
/** The most bytes that come as base64 in JSON. */
const LARGEST_IN_JSON = 8_000_000;
/** Such a body, with what stands around its bytes. */
export const LARGEST_JSON = Math.ceil(LARGEST_IN_JSON / 3) * 4 + 2_048;
/** Bounds of several records in one call, together: of the body that writes them, and of the bytes that one answer reads. */
export const TOGETHER = { records: 100, body: 2_000_000, bytes: 1_000_000 } as const;
/** Seconds that a body may take to come, or to be read. */
export const LONGEST_TRANSFER = 90_000;

const calls = {
  auth: 'account',
  rate: { perMinute: 1_200, by: 'member' },
  soldRates: ['requests'],
} as const;
/** Calls that read what a member keeps here, and calls that change it. */
export const storageReads = { ...calls, may: 'viewer', scope: 'adiuva:read' } as const;
export const storageWrites = { ...calls, may: 'member', scope: 'adiuva:write' } as const;
export const receivingErrors = [
  'checksum_mismatch',
  'length_required',
  'limit_exceeded',
  'plan_required',
  'request_timeout',
  'client_gone',
  'upload_expired',
  'storage_unavailable',
] as const;
export const sendingErrors = [
  'blob_not_found',
  'blob_gone',
  'range_not_satisfiable',
  'storage_unavailable',
] as const;

/** Type of every file of Adiuva's for the platform: nothing that it could read. */
export const FILE = { type: 'application/octet-stream' } as const;

const SHA256 = /^[0-9a-f]{64}$/i;
/** SHA-256 in hex, as it is kept. */
export const checksum = z
  .string()
  .regex(SHA256, 'SHA-256 in 64 hexadecimal digits.')
  .transform((digits) => digits.toLowerCase());

/** Bytes in base64, with its padding and without line ends. */
export const base64 = z.string().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > LARGEST_IN_JSON) throw tooLarge(LARGEST_IN_JSON);
  if (bytes.toString('base64') === text) return bytes;
  context.addIssue('This is not base64.');
  return z.NEVER;
});

/** The call's body as octets, which are no longer than one file may be. */
export const octetsOf = (call: IncomingCall): IncomingCall => octetsIn(call, LARGEST);

function tooLarge(max: number): AppError {
  return new AppError('payload_too_large', { details: { max_bytes: max, upgrade: null } });
}

/** Value of a header, by its schema. Without it, or with something else, the call is 400 and names it. */
export function headerOf<Schema extends z.ZodType>(
  { wire }: IncomingCall,
  name: string,
  schema: Schema,
): z.infer<Schema> {
  const parsed = schema.safeParse(wire.request.headers[name]);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ message }) => ({ path: `headers.${name}`, message }));
  throw new AppError('validation_failed', { details: { issues } });
}

/** Takes a file; one with other bytes than declared is refused in the words of the plan document. */
export function refuseMismatch<T>(taking: Promise<T>): Promise<T> {
  return taking.catch((error: unknown) => {
    const isOther = error instanceof AppError && error.code === 'upload_mismatch';
    throw isOther ? new AppError('checksum_mismatch', { cause: error }) : error;
  });
}
