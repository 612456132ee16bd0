import { checkReply } from '@plinth/safety';
import type { AiParts } from './parts.ts';
import type { Providers, Upstream } from './providers/providers.ts';
import type { Findings } from './safety/findings.ts';
import { createModeration, type Moderate } from './safety/moderation.ts';
import { type ReplyPermit, tellUnfit } from './sanitizer/index.ts';

/** Providers with a moderation endpoint, the first preferred. */
const MODERATORS = ['openai', 'sandbox'];

/** Moderation and findings. */
export interface Safety {
  /** Undefined: no moderation provider is configured. */
  readonly moderate: Moderate | undefined;
  /** Undefined in a process that keeps nothing. */
  readonly findings: Findings | undefined;
  /**
   * Whether what a model wrote under a permit may be read; that it may not is written down. For what is one part of an answer, of which
   * the rest may stay: a policy's `replyCheck` looks at answers as a whole.
   */
  isFit(permit: ReplyPermit, text: string): boolean;
}

export function safetyOf(parts: AiParts, providers: () => Providers): Safety {
  const { moderation, findings, clock, logger, metrics } = parts;
  const names = moderation === false ? [] : MODERATORS;
  let last: { readonly upstream: Upstream; readonly moderate: Moderate } | undefined;
  return {
    get moderate() {
      const [upstream] = names.flatMap((name) => providers().upstream(name) ?? []);
      if (upstream === undefined) return undefined;
      if (last?.upstream !== upstream)
        last = { upstream, moderate: createModeration({ upstream, clock, logger, metrics }) };
      return last.moderate;
    },
    findings,
    isFit(permit, text) {
      const { fit, rules } = checkReply(text);
      if (!fit) tellUnfit(parts, permit, rules);
      return fit;
    },
  };
}
