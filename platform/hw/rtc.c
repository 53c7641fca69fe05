/*
 * The CMOS clock (Motorola MC146818A data sheet).
 */
#include <string.h>

#include "hw.h"

#define INDEX		0x70
#define DATA		0x71
#define STATUS_A	0x0a
#define A_UPDATING	0x80
#define STATUS_B	0x0b
#define B_24H		0x02
#define B_BINARY	0x04
#define STATUS_D	0x0d
#define CENTURY		0x32		/* where every PC since 1995 has it */
#define TRIES		100

struct rtc { uint8_t sec, min, hour, day, month, year, century; };

static uint8_t
cmos(uint8_t reg)
{

	pio_out8(INDEX, reg);
	return pio_in8(DATA);
}

static void
read_raw(struct rtc *t)
{

	t->sec = cmos(0);
	t->min = cmos(2);
	t->hour = cmos(4);
	t->day = cmos(7);
	t->month = cmos(8);
	t->year = cmos(9);
	t->century = cmos(CENTURY);
}

/* Twice the same with no update between: an update takes some 2 ms. */
static bool
read_stable(struct rtc *t)
{
	struct rtc again;
	unsigned i, spin;

	for (i = 0; i < TRIES; i++) {
		for (spin = 0; cmos(STATUS_A) & A_UPDATING; spin++)
			if (spin == 100000)
				return false;
		read_raw(t);
		read_raw(&again);
		if (memcmp(t, &again, sizeof(again)) == 0)
			return true;
	}
	return false;
}

static uint8_t
number(uint8_t v, uint8_t b)
{

	return b & B_BINARY ? v : (uint8_t)((v >> 4) * 10 + (v & 15));
}

/* Days from 1970-01-01 of a Gregorian date. */
static uint64_t
days(uint64_t y, unsigned m, unsigned d)
{
	uint64_t y1 = m <= 2 ? y - 1 : y;
	uint64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

	return y1 * 365 + y1 / 4 - y1 / 100 + y1 / 400 + doy - 719468;
}

uint64_t
hw_rtc_read(void)
{
	struct rtc t;
	uint8_t b, pm;
	uint64_t year;

	if ((hw_have_fadt && hw_fadt.no_rtc) || cmos(STATUS_D) == 0xff ||
	    !read_stable(&t))
		return 0;
	b = cmos(STATUS_B);
	pm = t.hour & 0x80;
	t.hour = number(t.hour & 0x7f, b);
	if ((b & B_24H) == 0)
		t.hour = (uint8_t)(t.hour % 12 + (pm ? 12 : 0));
	t.sec = number(t.sec, b);
	t.min = number(t.min, b);
	t.day = number(t.day, b);
	t.month = number(t.month, b);
	t.century = number(t.century, b);
	year = number(t.year, b);
	/* A century that makes no sense is not kept there: 1970 .. 2069. */
	if (t.century >= 20 && t.century < 30)
		year += t.century * 100U;
	else
		year += year < 70 ? 2000 : 1900;
	if (t.sec > 60 || t.min > 59 || t.hour > 23 || t.day < 1 ||
	    t.day > 31 || t.month < 1 || t.month > 12)
		return 0;
	return days(year, t.month, t.day) * 86400 + t.hour * 3600U +
	    t.min * 60U + t.sec;
}
