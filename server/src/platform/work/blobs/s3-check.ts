import type { S3Settings } from '#platform/config';
import { AppError, type Clock, sha256 } from '#platform/kernel';
import type { BlobHome, SignedRequest } from './home.ts';
import { createS3Access, StoreFailure } from './s3-access.ts';
import { createPresigning } from './s3-presigning.ts';

export interface S3CheckInput {
  readonly settings: S3Settings;
  readonly clock: Clock;
}

const SAID = Buffer.from('written, read and deleted by plinth doctor');
const FACTS = { type: 'text/plain', bytes: SAID.length, sha256: sha256(SAID) };
const PATIENCE = 10_000;
/** Milliseconds by which the store's clock may differ before links are good for much less than they say. */
const SKEW = 60_000;

/** Sends, reads, lists and deletes an object, as clients do and as this server does. Throws with what is wrong. */
export async function checkS3(home: BlobHome, checked: S3CheckInput): Promise<string> {
  const { settings, clock } = checked;
  const key = `plinth-doctor/${clock.now()}`;
  const put = { ...FACTS, key, expiresIn: 300 };
  try {
    const sent = await home.presignPut(put).then((signed) => send(signed, SAID, checked));
    if (sent !== undefined) {
      await orWithoutChecksums(put, checked);
      throw sent;
    }
    const checks = await whoChecks(home, put, checked);
    await home.write(key, SAID, FACTS);
    const read = await (await home.read(key)).toArray();
    if (!SAID.equals(Buffer.concat(read as Buffer[])))
      throw wrong('The store answers with other bytes than it was given.');
    if (!(await home.list(key)).keys.includes(key))
      throw wrong('The store does not list what was just written.');
    const uploadId = await home.startParts({ key, type: FACTS.type });
    await home.abortParts({ key, uploadId });
    await home.delete([key]);
    const encryption = settings.encryption === undefined ? '' : `, encrypted by ${settings.encryption}`;
    return `${settings.bucket} at ${hostOf(settings)}: takes, gives back and deletes${encryption}; ${checks}`;
  } catch (error) {
    await home.delete([key]).catch(() => {});
    throw explainError(error, settings);
  }
}

/** A store may take a checksum for which it never looks at the bytes: what it says of them later would be believed. */
async function whoChecks(
  home: BlobHome,
  put: Parameters<BlobHome['presignPut']>[0],
  checked: S3CheckInput,
): Promise<string> {
  const otherBytes = Buffer.alloc(SAID.length, 'x');
  const refused = await send(await home.presignPut(put), otherBytes, checked);
  if (refused !== undefined) return 'refuses bytes that are not those declared';
  const entry = await home.head(put.key);
  if (entry?.sha256 === put.sha256)
    throw wrong('The store reports checksums that it has not checked: set S3_CHECKSUMS=when_required.');
  return 'this server reads each upload to check it';
}

/** Does nothing where the same upload fails without a checksum too. */
async function orWithoutChecksums(
  put: Parameters<BlobHome['presignPut']>[0],
  { settings, clock }: S3CheckInput,
): Promise<void> {
  if (settings.checksums === 'when_required') return;
  const without = { settings: { ...settings, checksums: 'when_required' as const }, clock };
  const signed = await createPresigning(createS3Access(without.settings), clock).presignPut(put);
  if ((await send(signed, SAID, without)) === undefined)
    throw wrong('The store refuses checksums with uploads: set S3_CHECKSUMS=when_required.');
}

/** As a client would. Answers what the store has refused it by; throws where it can't be asked, or its clock is another. */
async function send(
  { method, url, headers }: SignedRequest,
  body: Buffer<ArrayBuffer>,
  { settings, clock }: S3CheckInput,
): Promise<StoreFailure | undefined> {
  const response = await fetchOrExplain(url, { method, headers, body });
  const text = await response.text();
  const their = Date.parse(response.headers.get('date') ?? '');
  const ahead = Math.round((clock.now() - their) / 1_000);
  if (Math.abs(ahead) * 1_000 > SKEW)
    throw wrong(
      `This machine’s clock is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} that of ${hostOf(settings)}: links would not be good. Set the clock.`,
    );
  if (response.ok) return undefined;
  const [, code = `status ${response.status}`] = /<Code>(\w+)<\/Code>/.exec(text) ?? [];
  const [, region] = /<Region>([\w-]+)<\/Region>/.exec(text) ?? [];
  return new StoreFailure('PutObject', { code, status: response.status, requestId: undefined, region });
}

async function fetchOrExplain(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) }).catch(
    (error: unknown) => {
      const { cause = error } = error as { readonly cause?: unknown };
      const { code, name } = cause as { readonly code?: string; readonly name: string };
      throw new StoreFailure('PutObject', {
        code: code ?? name,
        status: undefined,
        requestId: undefined,
        region: undefined,
      });
    },
  );
}

/** Whether pages of an origin may send files to the bucket: answers that, or throws with what is missing. */
export async function checkS3Cors(
  { settings, clock }: S3CheckInput,
  origins: readonly string[],
): Promise<string> {
  const put = { ...FACTS, key: 'plinth-doctor/cors', expiresIn: 300 };
  const signed = await createPresigning(createS3Access(settings), clock).presignPut(put);
  const headers = Object.keys(signed.headers);
  for (const origin of origins) {
    const preflight = {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': headers.join(','),
    };
    const response = await fetchOrExplain(signed.url, { method: 'OPTIONS', headers: preflight }).catch(
      (error: unknown) => {
        throw explainError(error, settings);
      },
    );
    await response.body?.cancel();
    const said = (name: string) =>
      (response.headers.get(`access-control-allow-${name}`) ?? '')
        .split(',')
        .map((one) => one.trim().toLowerCase());
    const allows = (name: string, values: readonly string[]) =>
      said(name).includes('*') || values.every((value) => said(name).includes(value.toLowerCase()));
    if (!response.ok || !allows('origin', [origin]) || !allows('methods', ['PUT']))
      throw wrong(
        `The bucket’s CORS rules do not let pages of ${origin} send files (PUT): see docs/blobs.md.`,
      );
    if (!allows('headers', headers))
      throw wrong(
        `The bucket’s CORS rules do not let pages of ${origin} send ${headers.join(', ')}: see docs/blobs.md.`,
      );
  }
  return `pages of ${origins.join(', ')} may send files`;
}

const NEEDED =
  's3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts, and of the bucket s3:ListBucket and s3:ListBucketMultipartUploads';

/** Says what operators can do about the store's error. */
function explainError(error: unknown, settings: S3Settings): unknown {
  const failure = error instanceof AppError ? error.cause : error;
  if (!(failure instanceof StoreFailure)) return error;
  const { bucket, region } = settings;
  const host = hostOf(settings);
  const sentences: Readonly<Record<string, string>> = {
    InvalidAccessKeyId: `${host} does not know S3_ACCESS_KEY_ID.`,
    SignatureDoesNotMatch: 'S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID.',
    CredentialsProviderError: 'This machine has no key: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.',
    NoSuchBucket: `There is no bucket ${bucket} at ${host}: look at S3_BUCKET, S3_ENDPOINT and S3_FORCE_PATH_STYLE.`,
    AccessDenied: `The key may not do ${failure.call} in ${bucket}. It needs ${NEEDED}.`,
    RequestTimeTooSkewed: `This machine’s clock differs from that of ${host}. Set the clock.`,
  };
  const isElsewhere = failure.region !== undefined || failure.status === 301 || failure.status === 307;
  if (isElsewhere)
    return wrong(`S3_REGION is ${region}, and the bucket is in ${failure.region ?? 'another region'}.`);
  if (failure.status === undefined && !Object.hasOwn(sentences, failure.code))
    return wrong(`${host} can not be reached (${failure.code}).`);
  return wrong(sentences[failure.code] ?? `${host} refuses ${failure.call} (${failure.code}).`);
}

const wrong = (message: string) => new AppError('storage_unavailable', { message });

function hostOf({ endpoint, region }: S3Settings): string {
  return endpoint === undefined ? `s3.${region}.amazonaws.com` : new URL(endpoint).host;
}
