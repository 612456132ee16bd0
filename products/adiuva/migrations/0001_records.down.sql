drop schema adiuva cascade;
