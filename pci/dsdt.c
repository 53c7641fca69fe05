/* dsdt.c: this machine's DSDT, for dsdt_parse.c. */
#include <dsdt.h>
#include <plat.h>

#define ACPI_HEADER	36

static const uint8_t *
dsdt(size_t *len)
{
	const uint8_t *p;

	p = plat_acpi_table("DSDT", 0, len);
	if (p == NULL || *len <= ACPI_HEADER)
		return NULL;
	*len -= ACPI_HEADER;
	return p + ACPI_HEADER;
}

void
dsdt_each_crs(void (*fn)(const char *hid, const struct dsdt_res *, int n,
    void *), void *arg)
{
	const uint8_t *p;
	size_t len;

	if ((p = dsdt(&len)) != NULL)
		dsdt_parse(p, len, fn, arg);
}

bool
dsdt_constant(const char *name, uint64_t *v)
{
	const uint8_t *p;
	size_t len;

	return (p = dsdt(&len)) != NULL &&
	    dsdt_find_constant(p, len, name, v);
}
