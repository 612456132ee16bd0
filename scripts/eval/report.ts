import { PLATFORM_NAMES } from '../../products/reel/platforms.ts';
import type { JudgedVariant, Score } from './score.ts';

const NAME_WIDTH = 20;
const COLUMN = 11;
const SHOWN = 90;

/** The table per platform and rule, the worst variants and the price, as lines to read. */
export function reportOf(score: Score): string {
  const { perPost } = score;
  return [
    `${score.product} on ${score.models.join(', ') || 'no model'}: ${score.briefs} briefs, ${score.posts} posts, ${score.variants} variants`,
    '',
    row('share kept (%)', [...PLATFORM_NAMES, 'all']),
    ...score.rules.map(({ rule, shares, all }) =>
      row(rule, [...PLATFORM_NAMES.map((platform) => percent(shares[platform])), percent(all)]),
    ),
    '',
    `overall ${score.overall.toFixed(3)}, variants without any objection ${percent(score.flawless)} %`,
    `a post: ${perPost.promptTokens} tokens in, ${perPost.completionTokens} out, $${perPost.usd.toFixed(5)}`,
    ...(score.failures.length === 0
      ? []
      : [`${score.failures.length} requests without a post: ${[...new Set(score.failures)].join(', ')}`]),
    ...(score.worst.length === 0 ? [] : ['', 'Worst:', ...score.worst.flatMap(linesOf)]),
  ].join('\n');
}

function linesOf({ brief, platform, post, objections }: JudgedVariant): string[] {
  const hook = post.hook.replaceAll(/\s+/g, ' ');
  return [
    `  ${brief.id} on ${platform}: ${hook.length > SHOWN ? `${hook.slice(0, SHOWN)}…` : hook}`,
    ...objections.map((objection) => `    ${objection}`),
  ];
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(COLUMN)).join('');
}

function percent(part: number): string {
  return (part * 100).toFixed(1);
}
