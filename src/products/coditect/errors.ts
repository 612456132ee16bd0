import { declareErrors } from '#platform/kernel';

declareErrors({
  license_key_malformed: {
    status: 400,
    message: 'This is not a licence key: a character of it is wrong, or two changed places. Copy it again.',
  },
  license_not_found: { status: 404, message: 'There is no such licence.' },
  license_suspended: {
    status: 403,
    message: 'The licence is suspended. Pay what is owed, and it works again.',
  },
  license_inactive: { status: 403, message: 'The licence has ended. Buy a plan, and it works again.' },
  machines_exhausted: {
    status: 409,
    message: 'The licence is activated on as many machines as its plan has. Deactivate one first.',
  },
  deactivations_exhausted: {
    status: 429,
    message:
      'No more machines can be deactivated this month. Wait for the next month, or buy a plan with more seats.',
  },
  token_invalid: { status: 401, message: 'The session’s token is not one of ours, or is another session’s.' },
});

declareErrors({
  seats_exhausted: {
    status: 429,
    message: 'All seats of the licence are taken. Stop the program on another machine, or wait.',
  },
  seat_taken_over: {
    status: 409,
    message:
      'The program was started anew on this machine, or on one with the same hardware id, and has the seat now.',
  },
  session_not_found: { status: 404, message: 'There is no session for this token.' },
  session_expired: { status: 410, message: 'The session is over. Take a seat anew.' },
  offline_too_early: {
    status: 409,
    message:
      'Work without the server is allowed after five minutes with it, and to one program at a time. Ask again at `available_at`.',
  },
  offline_too_long: {
    status: 403,
    message: 'The licence does not allow work without the server for that long.',
  },
});
