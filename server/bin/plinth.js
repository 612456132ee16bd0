#!/usr/bin/env node
// Starts the program under Node 24. Plain JavaScript that older versions can read: it is what tells their users.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { installedNode, isCheckout, isOld, tooOldText } from './newer-node.js';

/** Set for the Node that this file starts, so that a wrong one can't start itself for ever. */
const STARTED = 'PLINTH_NODE_STARTED';
/** How often, in milliseconds, to look whether npm is still there. */
const LOOK = 250;

if (isOld) handOver(process.env[STARTED] === undefined ? installedNode() : undefined);
else await run();

async function run() {
  if (process.env[STARTED] !== undefined) endWithLauncher();
  else endWithNpm((signal) => process.kill(process.pid, signal));
  // Compiled code is kept beside the packages: loading them takes 0.32 s with it, 0.47 s and more without. A package writes nothing into
  // its own folder.
  const packages = join(isCheckout ? join(import.meta.dirname, '../..') : process.cwd(), 'node_modules');
  if (existsSync(packages)) nodeModule.enableCompileCache(join(packages, '.cache/plinth'));
  // Bytes of files are no reason to look through the whole heap each 64 MB: that was a quarter of the work of a large upload, and three
  // quarters of a download's. Some 80 MB more are resident meanwhile.
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  // V8 lets the heap of a quick program grow to four times what lives in it before it looks through all of it. By half takes as much CPU
  // a call, and 357 MB are resident after 200,000 calls in place of 560 (`npm run bench -- gateway --only memory`).
  setFlagsFromString('--heap-growing-percent=50');
  try {
    await load();
  } catch (error) {
    const missing = /^Cannot find package '([^']+)'/.exec(error?.message ?? '');
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || missing === null) throw error;
    fail(`The package ${missing[1]} is not installed. Run ${isCheckout ? 'npm ci' : 'npm install'} first.`);
  }
}

async function load() {
  const { builtProgram, packagedProgram, tellSources } = await import('../src/main/built.js');
  if (!isCheckout) {
    const { program, torn } = packagedProgram();
    if (torn !== undefined)
      fail(`package_torn: ${torn} is not as it was packed. Delete node_modules/plinth and install it again.`);
    return import(pathToFileURL(program).href);
  }
  const built = builtProgram();
  if (built === undefined) return import('../src/main.ts');
  tellSources();
  return import(pathToFileURL(built).href);
}

/** Goes on as the installed Node: same input and output, same end. Node 20 can't replace its own process. */
function handOver(program) {
  if (program === undefined) return tooOld();
  const child = spawn(program, process.argv.slice(1), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [STARTED]: String(process.pid) },
  });
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'].filter(
    (name) => name in constants.signals,
  );
  for (const signal of signals) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the child by itself; twice would mean impatience.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  endWithNpm((signal) => child.kill(signal));
  child.once('error', tooOld);
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** When the launcher is killed outright, its pipe to us closes: the server must not stay behind unseen. */
function endWithLauncher() {
  delete process.env[STARTED];
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}

/**
 * An npm that is killed outright, or by a signal that it does not know, passes no signal on; nor does the shell between `npx plinth`
 * and us, which npm hands its signals to. Either would leave a server behind that keeps port and folder: we look whether
 * both are still there. On Windows the end of npm ends its children.
 */
function endWithNpm(end) {
  if (process.platform === 'win32' || !isScriptOfNpm(process.env.npm_lifecycle_script)) return;
  const parent = process.ppid;
  // Where `exec` put us in the shell's place npm is our parent, and the program that started npm may go.
  const npm = isShellOfNpm(parent) ? parentOf(parent) : undefined;
  const watch = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || parentOf(parent) === npm)) return;
    clearInterval(watch);
    end('SIGTERM');
  }, LOOK);
  watch.unref();
}

/** Whether npm's script is this program and nothing else: one that puts it into the background means it to stay. */
function isScriptOfNpm(script) {
  return /^(exec )?'?(node server\/bin\/plinth\.js|plinth)'?( [^&]*)?$/.test(script ?? '');
}

function isShellOfNpm(pid) {
  const words = readProcess(pid, 'cmdline').split('\0');
  return words.includes('-c') && words.some((word) => word.startsWith(process.env.npm_lifecycle_script));
}

/** The parent of another process where the system tells (Linux). macOS needs it not: its shell replaces itself by one command. */
function parentOf(pid) {
  const stat = readProcess(pid, 'stat');
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return parent === undefined ? undefined : Number(parent);
}

function readProcess(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function tooOld() {
  fail(tooOldText());
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
