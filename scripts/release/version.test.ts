import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../server/src/main/build-files.ts';
import { raiseVersion, released, versionOf } from './version.ts';

const tree = new Map(
  execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => [path, () => readFileSync(join(ROOT, path), 'utf8')]),
);
const read = (path: string) => tree.get(path)?.() ?? '';
const present = versionOf(read('package.json'));

test('every workspace, page and deployment that names the version of the tree is raised with it, and no other package', () => {
  const raised = raiseVersion(tree, '99.0.0');
  const left = [...tree.keys()]
    .filter(
      (path) =>
        !path.includes('template') &&
        /^(README\.md|docs\/[\w-]+\.md|deploy\/|create\/|.*package\.json$)/.test(path),
    )
    .filter((path) => /\.(md|json|js|ya?ml|tfvars|sh)$/.test(path))
    .filter((path) => (raised.get(path) ?? read(path)).split('\n').some((line) => namesIt(line)));
  expect(left).toEqual([]);
  expect(raised.size).toBeGreaterThan(15);
  for (const [path, text] of raised) expect(text.replaceAll('99.0.0', present), path).toBe(read(path));
});

const namesIt = (line: string) => /plinth|"version"/i.test(line) && line.split(/[^\d.]/).includes(present);

test('what is not released becomes a version’s, and what came before stays', () => {
  const changes = '# Changes\n\n## Not released\n\n- a\n\n## 0.1.0\n\n- b\n';
  expect(released(changes, '0.2.0', '2026-01-02')).toBe(
    '# Changes\n\n## Not released\n\n## 0.2.0 (2026-01-02)\n\n- a\n\n## 0.1.0\n\n- b\n',
  );
  expect(() => released('## Not released\n\n## 0.1.0\n', '0.2.0', '')).toThrow('says nothing');
});
