import { describe, expect, test } from 'vitest';
import { systemRandom } from '#platform/kernel';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { appendEntry, beginningOf } from './list.ts';
import { readList } from './pages.ts';

const [old, newer] = [newMasterKey(systemRandom, 'old'), newMasterKey(systemRandom, 'new')];
const before = createSecrets({ keys: [old] });
const rotated = createSecrets({ keys: [newer, old] });
const after = createSecrets({ keys: [newer] });
const INSTALLATION = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01';
const BROKEN = { code: 'revocation_list_broken' };

/** The lines of a list whose entries were signed by these, one each. */
function linesBy(...signers: readonly (typeof before)[]) {
  let position = beginningOf(INSTALLATION);
  return signers.map((secrets, place) => {
    const what = {
      action: 'key.revoked',
      account: 'a',
      kind: 'key',
      target: String(place),
      event: `e${place}`,
    };
    const next = appendEntry(position, { at: '2026-11-20T08:00:00.000000Z', ...what }, secrets);
    ({ position } = next);
    return { line: next.line, position };
  });
}

async function read(pages: readonly string[], more: Partial<Parameters<typeof readList>[0]> = {}) {
  async function* from(first: number) {
    yield* pages.slice(first - 1);
  }
  const targets: (string | null)[] = [];
  for await (const entry of readList({ pages: from, installation: INSTALLATION, secrets: before, ...more }))
    targets.push(entry.target);
  return targets;
}

const four = linesBy(before, before, before, before);
const lines = four.map(({ line }) => line);

describe('the list of erasures and revocations', () => {
  test('is read in order, however it is cut into pages', async () => {
    expect(await read([lines.join('')])).toEqual(['0', '1', '2', '3']);
    expect(await read([lines.slice(0, 1).join(''), lines.slice(1).join('')])).toEqual(['0', '1', '2', '3']);
    expect(await read([])).toEqual([]);
  });

  test.each<readonly [string, string[]]>([
    ['an entry is gone', lines.toSpliced(1, 1)],
    ['two have changed places', [lines[1] ?? '', lines[0] ?? '', ...lines.slice(2)]],
    ['one is there twice', [...lines, lines[3] ?? '']],
    ['one says something else', lines.map((line) => line.replace('"target":"2"', '"target":"9"'))],
    ['one is cut off', [...lines.slice(0, 3), (lines[3] ?? '').slice(0, -9)]],
    ['something else is in it', [...lines, 'and more\n']],
  ])('is refused where %s', async (_what, changed) => {
    await expect(read([changed.join('')])).rejects.toMatchObject(BROKEN);
  });

  test('of another installation, or older than the backup, is refused', async () => {
    await expect(read(lines, { installation: 'another' })).rejects.toMatchObject(BROKEN);
    const past = four[2]?.position;
    expect(await read(lines, { ...(past && { past }) })).toHaveLength(4);
    await expect(read(lines.slice(0, 2), { ...(past && { past }) })).rejects.toMatchObject(BROKEN);
    const other = { entries: 2, digest: 'another' };
    await expect(read(lines, { past: other })).rejects.toMatchObject(BROKEN);
  });

  test('outlives a master key, once the next one has signed an entry', async () => {
    const mixed = linesBy(before, before, rotated).map(({ line }) => line);
    expect(await read(mixed, { secrets: after })).toHaveLength(3);
    await expect(read(mixed.slice(0, 2), { secrets: after })).rejects.toMatchObject(BROKEN);
    const changed = mixed.map((line) => line.replace('"target":"0"', '"target":"9"'));
    await expect(read(changed, { secrets: after })).rejects.toMatchObject(BROKEN);
  });
});
