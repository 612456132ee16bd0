import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { lockDataFolder } from './index.ts';

const MODULE = new URL('./data-lock.ts', import.meta.url).href;

/** Another process that takes the lock, says how it went, and stays. */
async function inAnotherProcess(path: string) {
  const code = `import(${JSON.stringify(MODULE)}).then(({ lockDataFolder }) => { try { lockDataFolder(${JSON.stringify(path)}); console.log('taken'); } catch (e) { console.log(e.message); } setInterval(() => {}, 1000); })`;
  const child = spawn(process.execPath, ['-e', code], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

describe('the lock of a data folder', () => {
  it('a second process is refused in one line that names the first', async () => {
    const path = temporaryFolder();
    const release = lockDataFolder(path);
    const { child, said } = await inAnotherProcess(path);
    child.kill('SIGKILL');
    expect(said).toContain(`in use by another Plinth (process ${process.pid})`);
    expect(said).not.toContain('\n');
    release();
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  it('a lock whose process was killed is taken over', async () => {
    const path = temporaryFolder();
    const { child, said } = await inAnotherProcess(path);
    expect(said).toBe('taken');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(join(path, 'lock'))).toBe(true);
    lockDataFolder(path)();
  });

  it.runIf(process.platform === 'linux')(
    'a lock whose process was killed and whose parent never asks for it is taken over',
    async () => {
      const path = temporaryFolder();
      // The child ends when it is told to, and `sleep`, which the shell has become by then, asks for none.
      const parent = spawn('sh', ['-c', 'exec 3<&0; (read -r _ <&3) & echo $!; exec sleep 60'], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const [said] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = said.toString().trim();
      const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ', 2)[1]?.split(' ') ?? [];
      await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
      parent.stdin.end('\n');
      await expect.poll(() => stat()[0]).toBe('Z');
      writeFileSync(join(path, 'lock'), `${pid} ${stat()[19]}\n`);
      lockDataFolder(path)();
      parent.kill();
    },
  );

  it('a lock that names a process number given to another program since is taken over', () => {
    const path = temporaryFolder();
    writeFileSync(join(path, 'lock'), `${process.ppid} 12345\n`);
    lockDataFolder(path)();
  });

  it('a lock file that was cut short by a crash is taken over', () => {
    const path = temporaryFolder();
    writeFileSync(join(path, 'lock'), '');
    lockDataFolder(path)();
  });
});
