drop function identity.give_back_guess(text[], integer[], boolean[]);
drop function identity.take_guess(text[], integer[], integer[], integer[], boolean[]);
drop table identity.guesses;
