/*
 * timeconv.c: seconds since 1970, the calendar, and its text.
 * Days from and to the civil calendar count in eras of 400 years that begin on
 * March 1st, so that the leap day is the last of its year.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ERA_DAYS	146097		/* 400 years */
#define DAYS_0000_1970	719468		/* from 0000-03-01 */

static const char days[7][10] = { "Sunday", "Monday", "Tuesday", "Wednesday",
    "Thursday", "Friday", "Saturday" };
static const char months[12][10] = { "January", "February", "March", "April",
    "May", "June", "July", "August", "September", "October", "November",
    "December" };

static int64_t
floordiv(int64_t a, int64_t b)
{

	return a / b - (a % b < 0);
}

/* Days since 1970 of the first of a month, mon 0..11. */
static int64_t
month_days(int64_t year, int mon)
{
	int64_t y = year - (mon < 2), era = floordiv(y, 400), yoe = y - era * 400;
	int64_t doy = (153 * ((mon + 10) % 12) + 2) / 5;

	return era * ERA_DAYS + yoe * 365 + yoe / 4 - yoe / 100 + doy -
	    DAYS_0000_1970;
}

struct tm *
gmtime_r(const time_t *restrict t, struct tm *restrict tm)
{
	int64_t day = floordiv(*t, 86400), sec = *t - day * 86400;
	int64_t z = day + DAYS_0000_1970, era = floordiv(z, ERA_DAYS);
	int64_t doe = z - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153, year;

	memset(tm, 0, sizeof(*tm));
	tm->tm_mday = doy - (153 * mp + 2) / 5 + 1;
	tm->tm_mon = mp < 10 ? mp + 2 : mp - 10;
	year = yoe + era * 400 + (tm->tm_mon < 2);
	if (year - 1900 > INT_MAX || year - 1900 < INT_MIN) {
		errno = EOVERFLOW;
		return NULL;
	}
	tm->tm_year = year - 1900;
	tm->tm_hour = sec / 3600;
	tm->tm_min = sec / 60 % 60;
	tm->tm_sec = sec % 60;
	tm->tm_wday = ((day + 4) % 7 + 7) % 7;
	tm->tm_yday = day - month_days(year, 0);
	tm->tm_zone = "UTC";
	return tm;
}

struct tm *
localtime_r(const time_t *restrict t, struct tm *restrict tm)
{

	return gmtime_r(t, tm);
}

time_t
timegm(struct tm *tm)
{
	int64_t year = tm->tm_year + 1900LL + floordiv(tm->tm_mon, 12);
	int mon = tm->tm_mon - floordiv(tm->tm_mon, 12) * 12;
	time_t t = (month_days(year, mon) + tm->tm_mday - 1) * 86400LL +
	    tm->tm_hour * 3600LL + tm->tm_min * 60LL + tm->tm_sec;

	return gmtime_r(&t, tm) == NULL ? -1 : t;
}

time_t
mktime(struct tm *tm)
{

	return timegm(tm);
}

/* Week of the year, weeks beginning on day first of the week (0 Sunday). */
static int
week(const struct tm *tm, int first)
{

	return (tm->tm_yday + 7 - (tm->tm_wday - first + 7) % 7) / 7;
}

static const char *
name(const char (*names)[10], int n, int i)
{

	return i >= 0 && i < n ? names[i] : "?";
}

/* One conversion; NULL: no such one. */
static const char *
field(char c, const struct tm *tm, char *buf, size_t size)
{
	const char *fmt = "%02lld";
	long long v;

	switch (c) {
	case 'A': return name(days, 7, tm->tm_wday);
	case 'B': return name(months, 12, tm->tm_mon);
	case 'a':
		snprintf(buf, size, "%.3s", name(days, 7, tm->tm_wday));
		return buf;
	case 'b':
		snprintf(buf, size, "%.3s", name(months, 12, tm->tm_mon));
		return buf;
	case 'p': return tm->tm_hour < 12 ? "AM" : "PM";
	case 'n': return "\n";
	case 'Z': return tm->tm_zone != NULL ? tm->tm_zone : "UTC";
	case 'z': return "+0000";
	case '%': return "%";
	case 'C': v = floordiv(tm->tm_year + 1900LL, 100); break;
	case 'd': v = tm->tm_mday; break;
	case 'e': fmt = "%2lld"; v = tm->tm_mday; break;
	case 'H': v = tm->tm_hour; break;
	case 'I': v = (tm->tm_hour + 11) % 12 + 1; break;
	case 'j': fmt = "%03lld"; v = tm->tm_yday + 1LL; break;
	case 'M': v = tm->tm_min; break;
	case 'm': v = tm->tm_mon + 1LL; break;
	case 'S': v = tm->tm_sec; break;
	case 'U': v = week(tm, 0); break;
	case 'u': fmt = "%lld"; v = (tm->tm_wday + 6) % 7 + 1; break;
	case 'W': v = week(tm, 1); break;
	case 'w': fmt = "%lld"; v = tm->tm_wday; break;
	case 'Y': fmt = "%lld"; v = tm->tm_year + 1900LL; break;
	case 'y': v = (tm->tm_year + 1900LL) % 100; break;
	default: return NULL;
	}
	snprintf(buf, size, fmt, v);
	return buf;
}

/* Conversions that stand for several. */
static const char *
shorthand(char c)
{

	switch (c) {
	case 'c': return "%a %b %e %H:%M:%S %Y";
	case 'D': case 'x': return "%m/%d/%y";
	case 'F': return "%Y-%m-%d";
	case 'R': return "%H:%M";
	case 'r': return "%I:%M:%S %p";
	case 'T': case 'X': return "%H:%M:%S";
	default: return NULL;
	}
}

size_t
strftime(char *restrict out, size_t size, const char *restrict f,
    const struct tm *restrict tm)
{
	size_t n = 0;

	for (; *f != '\0'; f++) {
		char buf[32];
		const char *s;
		size_t k;

		if (*f != '%') {
			buf[0] = *f;
			s = buf;
			k = 1;
		} else if ((s = shorthand(*++f)) != NULL) {
			k = strftime(out + n, size - n, s, tm);
			if (k == 0)
				return 0;
			n += k;
			continue;
		} else if ((s = field(*f, tm, buf, sizeof(buf))) == NULL)
			return 0;
		else
			k = strlen(s);
		if (k >= size - n)
			return 0;
		memcpy(out + n, s, k);
		n += k;
	}
	if (n >= size)
		return 0;
	out[n] = '\0';
	return n;
}
