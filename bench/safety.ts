import { join } from 'node:path';
import { readHalf } from '../safety/training/labelled.ts';
import { precheck, warmUp } from '@plinth/safety';
import type { Figures } from './figures.ts';

const LENGTH = 2_000;
const WARM_UP = 2_000;
const CALLS = 20_000;

/** Microseconds that the precheck takes for a text of 2,000 characters, made of the dev half's sentences, and for its compilation. */
export async function benchSafety(say: (line: string) => void): Promise<Figures> {
  const began = performance.now();
  warmUp();
  const compiled = performance.now() - began;
  const texts = textsOf(
    readHalf(join(import.meta.dirname, '../safety/sentences/dev')).map(({ text }) => text),
  );
  const took = (count: number) =>
    Array.from({ length: count }, (_, at) => {
      const from = performance.now();
      precheck(texts[at % texts.length] ?? '');
      return (performance.now() - from) * 1_000;
    });
  took(WARM_UP);
  const cpu = process.cpuUsage();
  const times = took(CALLS).sort((one, other) => one - other);
  const { user, system } = process.cpuUsage(cpu);
  const quantileAt = (share: number) => Math.round(times[Math.floor(share * (CALLS - 1))] ?? 0);
  const figures = {
    characters: LENGTH,
    calls: CALLS,
    compile_ms: Math.round(compiled),
    p50_us: quantileAt(0.5),
    p99_us: quantileAt(0.99),
    cpu_us: Math.round((user + system) / CALLS),
  };
  say(JSON.stringify(figures));
  return figures;
}

function textsOf(sentences: readonly string[]): string[] {
  const all = sentences.join('. ');
  return Array.from({ length: Math.floor(all.length / LENGTH) }, (_, at) =>
    all.slice(at * LENGTH, (at + 1) * LENGTH),
  );
}
