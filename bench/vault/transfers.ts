import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createS3Sandbox } from '#sandbox/s3';
import { makeCustomers } from '../customers.ts';
import { type Figures, round } from '../figures.ts';
import { ALONE, type RunningServer, startProgram } from '../process.ts';
import { onDatabaseWithModels } from '../server.ts';

const CHUNK = randomBytes(1_000_000);
/** As the server's chunks come, so that hashing alone has the same calls. */
const CALL = 65_536;
const WARM_UP_MB = 64;

interface TransferBench {
  readonly home: 'folder' | 's3';
  readonly megabytes: number;
  readonly say: (line: string) => void;
}

/** A backup goes up and comes down again: the server's processor time, beside that of hashing its bytes alone, and its memory. */
export function benchTransfers({ home, megabytes, say }: TransferBench): Promise<Figures> {
  return onDatabaseWithModels(async (settings) => {
    const [key = ''] = await makeCustomers({ ...settings, ...ALONE }, 1, 'adiuva.team');
    const sandbox = home === 's3' ? await createS3Sandbox() : undefined;
    const bucket =
      sandbox === undefined
        ? {}
        : {
            S3_BUCKET: 'sandbox',
            S3_ENDPOINT: sandbox.url,
            S3_REGION: sandbox.region,
            S3_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
            S3_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
            S3_FORCE_PATH_STYLE: 'true',
          };
    const server = await startProgram('start', { ...settings, ...bucket });
    try {
      await putBackup(server, key, { megabytes: WARM_UP_MB });
      await getBackup(server, key);
      const hashing = hashAlone(megabytes);
      say(`${home}: ${megabytes} MB, hashed in ${round(hashing.seconds)} s of processor time`);
      const up = await measure(server, () =>
        putBackup(server, key, { megabytes, checksum: hashing.checksum }),
      );
      say(`${home} up: ${JSON.stringify(up)}`);
      const down = await measure(server, () => getBackup(server, key));
      say(`${home} down: ${JSON.stringify(down)}`);
      const ratio = ({ cpu_s }: { readonly cpu_s: number }) => round(cpu_s / hashing.seconds);
      return {
        megabytes,
        hashing_cpu_s: round(hashing.seconds),
        up: { ...up, times_hashing: ratio(up) },
        down: { ...down, times_hashing: ratio(down) },
      };
    } finally {
      await server.stop();
      await sandbox?.close();
    }
  });
}

function hashAlone(megabytes: number): { readonly checksum: string; readonly seconds: number } {
  const hash = createHash('sha256');
  const before = process.cpuUsage();
  for (let sent = 0; sent < megabytes; sent += 1) {
    for (let at = 0; at < CHUNK.length; at += CALL) hash.update(CHUNK.subarray(at, at + CALL));
  }
  const checksum = hash.digest('hex');
  const { user, system } = process.cpuUsage(before);
  return { checksum, seconds: (user + system) / 1e6 };
}

async function putBackup(
  { url }: RunningServer,
  key: string,
  {
    megabytes,
    checksum = hashAlone(megabytes).checksum,
  }: { readonly megabytes: number; readonly checksum?: string },
): Promise<void> {
  const sending = request(`${url}/v1/backup`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/octet-stream',
      'content-length': megabytes * CHUNK.length,
      'x-backup-version': '1',
      'x-backup-timestamp': String(Date.now()),
      'x-backup-checksum': checksum,
    },
  });
  const answered = once(sending, 'response');
  const send = async () => {
    for (let sent = 0; sent < megabytes; sent += 1) {
      if (!sending.write(CHUNK)) await once(sending, 'drain');
    }
    sending.end();
    return answered;
  };
  // Who is refused is answered before all is sent.
  const [response] = await Promise.race([answered, send()]);
  response.resume();
  if (response.statusCode !== 200) throw new Error(`a backup was answered ${response.statusCode}`);
  await once(response, 'end');
}

async function getBackup({ url }: RunningServer, key: string): Promise<void> {
  const sending = request(`${url}/v1/backup`, { headers: { authorization: `Bearer ${key}` } });
  sending.end();
  const [response] = await once(sending, 'response');
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.length;
  if (bytes !== Number(response.headers['content-length']))
    throw new Error(`a backup came down as ${bytes} bytes`);
}

/** What some work costs the server: seconds by the clock and by its processor, and megabytes of memory beyond those before. */
async function measure(server: RunningServer, work: () => Promise<void>) {
  const before = residentMegabytes(server.pid);
  let most = before;
  const look = setInterval(() => (most = Math.max(most, residentMegabytes(server.pid))), 100);
  const [began, cpu] = [performance.now(), server.cpuSeconds()];
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return {
    seconds: round((performance.now() - began) / 1_000),
    cpu_s: round(server.cpuSeconds() - cpu),
    memory_mb: round(before),
    more_memory_mb: round(most - before),
  };
}

function residentMegabytes(pid: number): number {
  const [, kilobytes = ''] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
