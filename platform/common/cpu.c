/*
 * Features of the CPU (SDM 2A, CPUID) and the extended state of threads.
 */
#include <string.h>

#include "x86.h"

struct x86_feature x86_feature;
uint8_t x86_has_fsgsbase;

#define XCR0_X87	0x01
#define XCR0_SSE	0x02
#define XCR0_AVX	0x04
#define XCR0_AVX512	0xe0
#define FXSAVE_SIZE	512

static void
detect_hypervisor(struct x86_feature *f)
{
	uint32_t r[4];

	cpuid(0x40000000, 0, r);
	f->maxhv = r[0];
	memcpy(f->hv, &r[1], 12);
	f->hv[12] = 0;
}

void
x86_cpu_detect(void)
{
	struct x86_feature *f = &x86_feature;
	uint32_t r[4], ext;

	cpuid(0, 0, r);
	f->maxleaf = r[0];
	cpuid(1, 0, r);
	f->x2apic = r[2] >> 21 & 1;
	f->tscdeadline = r[2] >> 24 & 1;
	f->xsave = r[2] >> 26 & 1;
	f->rdrand = r[2] >> 30 & 1;
	f->hyper = r[2] >> 31 & 1;
	if (f->maxleaf >= 7) {
		cpuid(7, 0, r);
		f->fsgsbase = r[1] & 1;
		f->smep = r[1] >> 7 & 1;
		f->rdseed = r[1] >> 18 & 1;
		f->umip = r[2] >> 2 & 1;
	}
	cpuid(0x80000000, 0, r);
	ext = r[0];
	cpuid(0x80000001, 0, r);
	f->nx = r[3] >> 20 & 1;
	f->page1g = r[3] >> 26 & 1;
	if (ext >= 0x80000007) {
		cpuid(0x80000007, 0, r);
		f->invtsc = r[3] >> 8 & 1;
	}
	f->fpusize = FXSAVE_SIZE;
	if (f->xsave && f->maxleaf >= 0xd) {
		cpuid(0xd, 0, r);
		f->xcr0 = r[0] & (XCR0_X87 | XCR0_SSE | XCR0_AVX);
		/* AVX-512's three parts come together or not at all. */
		if ((r[0] & XCR0_AVX512) == XCR0_AVX512 &&
		    (f->xcr0 & XCR0_AVX) != 0)
			f->xcr0 |= XCR0_AVX512;
		cpuid(0xd, 1, r);
		f->xsaveopt = r[0] & 1;
	} else
		f->xsave = false;
	if (f->hyper)
		detect_hypervisor(f);
	x86_has_fsgsbase = f->fsgsbase;
	x86_fpu_init_area(x86_fpu_initial);
}

void
x86_xsave_enable(void)
{
	uint64_t v = x86_feature.xcr0;
	uint32_t r[4];

	__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)v),
	    "d"((uint32_t)(v >> 32)));
	cpuid(0xd, 0, r);		/* EBX: size for what is enabled */
	x86_feature.fpusize = r[1];
}

/* ---- extended state of preempted threads ---- */

size_t
plat_fpu_size(void)
{

	return x86_feature.fpusize;
}

void
x86_fpu_save(void *area)
{

	if (x86_feature.xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)" : : "r"(area), "a"(-1),
		    "d"(-1) : "memory");
	else if (x86_feature.xsave)
		__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(-1),
		    "d"(-1) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void
x86_fpu_restore(const void *area)
{

	if (x86_feature.xsave)
		__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(-1),
		    "d"(-1) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* As after FNINIT with MXCSR's default: FXSAVE image (SDM 1, 10.5.1).  The
 * XSAVE header behind it is all zeros: the rest is "initial", and not read. */
void
x86_fpu_init_area(void *area)
{
	uint8_t *p = area;

	memset(p, 0, x86_feature.xsave ? X86_FPU_HEAD : FXSAVE_SIZE);
	p[0] = 0x7f;			/* FCW 0x037f */
	p[1] = 0x03;
	p[24] = 0x80;			/* MXCSR 0x1f80 */
	p[25] = 0x1f;
}
