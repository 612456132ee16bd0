import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import {
  developerKey,
  manifestEntry,
  zipOf,
  zipOfNames,
} from '@plinth/testkit/fixtures/marketplace/packages';
import { describe, expect, test } from 'vitest';
import { clamdProgram, NO_CLAMD, startClamd } from '@plinth/testkit/services/clamd';
import { testApp } from '@plinth/testkit/services/app';
import { manifestOf, outcomeOf, pluginDeveloper, upload, zipWith } from './plugin-developer.ts';

const EICAR_MD5 = '44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test';
/** In two halves, or scanners would find it in this file. */
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('-');

interface Checklist {
  readonly checklist: readonly { hard: boolean; passed: boolean; findings: readonly { code: string }[] }[];
}
/** Codes of the hard checks that have failed. */
const failures = (version: unknown) =>
  (version as Checklist).checklist
    .filter(({ hard, passed }) => hard && !passed)
    .flatMap(({ findings }) => findings.map(({ code }) => code))
    .filter((code) => code !== 'not_checked');

/** The most memory that a process which this one has started has had until now, in MiB, by proc(5); 0: none runs. */
function childrenPeak(): number {
  const children = readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'latin1').trim().split(' '),
  );
  const peaks = children.map((id) => {
    try {
      if (!readFileSync(`/proc/${id}/cmdline`, 'latin1').includes('read-package')) return 0;
      return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1] ?? 0) / 1_024;
    } catch {
      // It has ended already.
      return 0;
    }
  });
  return Math.max(0, ...peaks);
}

const own = (id: string) => manifestOf({ id, name: id, author: 'Mallory' });

const beside = (id: string, ...entries: Parameters<typeof zipOf>[0]) =>
  zipOf([manifestEntry(own(id)), ...entries]);

describe('a hostile package', async () => {
  const app = await testApp();
  const admin = await app.admin();
  const developer = await pluginDeveloper(app);

  test('ends with a code each, read below 256 MiB, and is not approved; others are checked meanwhile', async () => {
    const hostile: Readonly<Record<string, Buffer>> = {
      archive_bomb: beside('archive-bomb', { name: 'a', content: Buffer.alloc(60_000_000) }),
      path_outside: beside('path-outside', { name: '../../etc/cron.d/x' }),
      link: beside('link', { name: 'a', content: '/etc/passwd', mode: 0o120_777 }),
      archive_too_many_entries: zipOfNames(300_000),
      manifest_differs: zipWith({ ...own('manifest-differs'), price_cents: 500 }),
      manifest_too_large: zipWith({
        ...own('manifest-too-large'),
        description: randomBytes(5_000_000).toString('hex'),
      }),
      native_code: beside('native-code', { name: 'a.txt', content: '\u007fELF' }),
    };
    const full = beside('full', { name: 'a.js', content: randomBytes(15_000_000).toString('latin1') });
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, childrenPeak())), 20);
    const sent = Object.entries(hostile).map(async ([code, zip]) => {
      const of = own(code.replaceAll('_', '-'));
      await developer.send(of, zip);
      const version = await developer.versionOf(of);
      expect(version).toMatchObject({ state: 'pending_review', is_blocked: true });
      const body = { version: '1.2.0', decision: 'approve' };
      const approved = await app.call(admin.key, `POST /v1/admin/plugins/${of.id}/reviews`, { body });
      expect(outcomeOf(approved)).toBe('409 plugin_blocked');
      expect(failures(version)).toEqual([code]);
    });
    const good = own('good');
    await Promise.all([...sent, developer.send(good), developer.send(own('full'), full)]);
    clearInterval(watch);
    expect(failures(await developer.versionOf(good))).toEqual([]);
    expect(failures(await developer.versionOf(own('full')))).toEqual([]);
    // Its resident memory is watched, and it is ended at 250 MiB.
    if (process.platform === 'linux') expect(peak).toBeGreaterThan(50);
    expect(peak).toBeLessThan(256);
  });

  test('is refused before it is sent, where what is said of it shows it', async () => {
    const first = own('first-come');
    await developer.send(first);
    const forged = Buffer.from(developerKey().sign(zipWith(own('forged')))).toString('base64');
    const refusals = {
      '400 package_signature_invalid': developer.submit(own('forged'), undefined, { signature: forged }),
      '409 plugin_version_not_above': developer.submit(first),
      '400 plugin_manifest_refused': developer.submit(manifestOf({ id: 'greek', name: 'Ρlаnnеr' })),
      '400 validation_failed': developer.submit(own('million'), zipOfNames(1_000_000)),
      '413 payload_too_large': developer.submit(
        manifestOf({ id: 'ten', description: 'x'.repeat(10_000_000) }),
      ),
    };
    for (const [outcome, reply] of Object.entries(refusals)) expect(outcomeOf(await reply)).toBe(outcome);
  });

  test('of other bytes than declared is not taken, and what replaces it after it was taken is not published', async () => {
    const of = own('swapped');
    const [good, other] = [zipWith(of), zipWith(of, { 'a.js': 'steal()' })];
    const submitted = await developer.submit(of, good);
    const { upload: to } = submitted.body as { upload: { url: string; headers: Record<string, string> } };
    const put = (bytes: Buffer) =>
      fetch(to.url, { method: 'PUT', headers: to.headers, body: Buffer.from(bytes) });
    expect((await put(other)).ok).toBe(false);
    expect(outcomeOf(await developer.complete(of))).toBe('409 upload_missing');
    await upload(submitted, good);
    expect(outcomeOf(await developer.complete(of))).toBe('200');
    expect((await put(other)).ok).toBe(false);
    await expect.poll(async () => (await developer.versionOf(of))?.checklist ?? null).not.toBeNull();
    expect(failures(await developer.versionOf(of))).toEqual([]);
  });
});

test('what clamd finds is not approved; a check that was given up while it was away is made when it is replayed', async ({
  skip,
}) => {
  const program = clamdProgram();
  if (program === undefined) return skip(NO_CLAMD);
  const clamd = await startClamd(program, [EICAR_MD5]);
  const app = await testApp({ settings: { CLAMD_URL: clamd.url } });
  const [admin, developer] = [await app.admin(), await pluginDeveloper(app)];
  const approve = async (id: string) =>
    outcomeOf(
      await app.call(admin.key, `POST /v1/admin/plugins/${id}/reviews`, {
        body: { version: '1.2.0', decision: 'approve' },
      }),
    );
  const [clean, infected] = [manifestOf({ id: 'clean-one' }), manifestOf({ id: 'ill-one', name: 'Ill one' })];
  await developer.send(clean);
  expect(await approve('clean-one')).toBe('200');
  const entry = { name: 'invoice.com.txt', content: EICAR, method: 0 };
  await developer.send(infected, zipOf([manifestEntry(infected), entry]));
  expect(failures(await developer.versionOf(infected))).toEqual(['virus_found']);
  expect(await approve('ill-one')).toBe('409 plugin_blocked');

  await clamd.kill();
  const unseen = manifestOf({ id: 'unseen-one', name: 'Unseen one' });
  const submitted = await developer.submit(unseen);
  await upload(submitted, zipWith(unseen));
  expect(outcomeOf(await developer.complete(unseen))).toBe('200');
  // Tries lie minutes apart.
  const state = async () => {
    await advance(app.db, '5 minutes');
    const find = `select state from jobs.jobs where kind = 'adiuva.check-package' order by id desc limit 1`;
    return (await app.db.asMigrator(statement<{ state: string }>(find)))[0]?.state;
  };
  await expect.poll(state, { timeout: 60_000, interval: 200 }).toBe('dead');
  expect(await approve('unseen-one')).toBe('409 plugin_not_checked');
  await clamd.start();
  const { body } = await app.call(admin.key, 'GET /v1/admin/jobs?kind=adiuva.check-package');
  const [dead] = body['data'] as { id: string }[];
  const replayed = await app.call(admin.key, `POST /v1/admin/jobs/${dead?.id ?? ''}/replay`);
  expect(replayed.status).toBe(200);
  await expect.poll(async () => (await developer.versionOf(unseen))?.checklist ?? null).not.toBeNull();
  expect(await approve('unseen-one')).toBe('200');
});
