import { declareErrors } from '#platform/kernel';

declareErrors({
  last_owner: {
    status: 409,
    message: 'An organization keeps at least one owner. Make someone else an owner first.',
  },
  already_member: { status: 409, message: 'This user is a member already.' },
});
