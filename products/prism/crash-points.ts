import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';
const LAPSES = 'a message whose process dies lapses, and is in nobody’s way after its two minutes';
const LIKE_A_REPLY =
  'the model has answered, and one commit has all that follows, as of a reply in a session';
const OF_THE_KIT = 'the kit ends failed work, and Reel’s walks kill a process before and after it';
const AGAIN = 'one delete that is due again and again: what it left undone the next one does';

/** The consequence when a process is killed at a commit of Prism, and when it never hears that the commit was made. */
export const prismCrashPoints: Readonly<Record<string, CrashPoint>> = {
  'prism.profile-change': { because: ONE_COMMIT, lost: 'same' },
  'prism.turn': { because: LIKE_A_REPLY, lost: 'told' },
  'prism.turn-delete': { because: ONE_COMMIT, lost: 'same' },
  'prism.feedback': { because: ONE_COMMIT, lost: 'keyed' },
  'prism.session-open': { because: ONE_COMMIT, lost: 'told' },
  'prism.session-delete': { because: ONE_COMMIT, lost: 'same' },
  'prism.message': { because: LAPSES, lost: 'row' },
  'prism.reply-begin': { because: LAPSES, lost: 'row' },
  'prism.reply': { walks: ['a conversation'], lost: 'told' },
  'prism.message-drop': { because: LAPSES, lost: 'row' },
  'prism.fragments': { walks: ['a conversation'], lost: 'found' },
  'prism.fragments-withdrawn': { because: ONE_COMMIT, lost: 'found' },
  'prism.fragments-failed': { because: OF_THE_KIT, lost: 'found' },
  'prism.close': { because: ONE_COMMIT, lost: 'same' },
  'prism.close-empty': { because: ONE_COMMIT, lost: 'same' },
  'prism.summary': { walks: ['a conversation'], lost: 'found' },
  'prism.summary-failed': { because: OF_THE_KIT, lost: 'found' },
  'prism.goal-add': { because: ONE_COMMIT, lost: 'keyed' },
  'prism.goal-change': { because: ONE_COMMIT, lost: 'same' },
  'prism.goal-delete': { because: ONE_COMMIT, lost: 'same' },
  'prism.action-add': { because: ONE_COMMIT, lost: 'keyed' },
  'prism.suggest': { because: LIKE_A_REPLY, lost: 'told' },
  'prism.turns-purged': { because: AGAIN, lost: 'again' },
  'prism.sessions-purged': { because: AGAIN, lost: 'again' },
  'prism.goals-purged': { because: AGAIN, lost: 'again' },
};
