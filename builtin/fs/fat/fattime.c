/* fattime.c: FAT's time stamps: two seconds, 1980 to 2107, local time. */
#include "fat.h"

/* Days since 1970 of a date, and back; Gregorian.  Fact: proleptic calendar. */
static int64_t
days_from(int y, int m, int d)
{
	int64_t era;
	int yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - (int)era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
date_from(int64_t days, int *y, int *m, int *d)
{
	int64_t z = days + 719468, era = z / 146097;
	int doe = (int)(z - era * 146097);
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + (int)era * 400 + (*m <= 2);
}

struct timespec
fat_time(const struct fatfs *f, uint16_t date, uint16_t time)
{
	int m = date >> 5 & 15, d = date & 31;
	int64_t t;

	if (m < 1 || m > 12 || d < 1)
		return (struct timespec){ 0, 0 };
	t = days_from(1980 + (date >> 9), m, d) * 86400 +
	    (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
	t -= f->gmtoff;
	return (struct timespec){ t, 0 };
}

void
fat_fromtime(const struct fatfs *f, const struct timespec *ts, uint16_t *date,
    uint16_t *time)
{
	const int64_t first = 315532800, last = 4354819199;	/* 1980, 2107 */
	int64_t t = ts->tv_sec + f->gmtoff;
	int y, m, d, s;

	t = t < first ? first : t > last ? last : t;
	date_from(t / 86400, &y, &m, &d);
	s = (int)(t % 86400);
	*date = (uint16_t)((y - 1980) << 9 | m << 5 | d);
	*time = (uint16_t)(s / 3600 << 11 | s / 60 % 60 << 5 | s % 60 / 2);
}
