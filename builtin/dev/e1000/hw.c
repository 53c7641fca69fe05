/* hw.c: the registers: reset and start, the address, the PHY, the filter. */
#include "e1000.h"

void
wm_delay(unsigned us)
{

	(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, us / 1000000,
	    us % 1000000 * 1000L);
}

/* Until (reg & mask) == want. */
static bool
wait_for(struct wm *sc, unsigned reg, uint32_t mask, uint32_t want,
    unsigned ms)
{

	while ((wm_read(sc, reg) & mask) != want) {
		if (ms-- == 0)
			return false;
		wm_delay(1000);
	}
	return true;
}

/*
 * What is not there reads as all ones on real buses, and as zeros in some
 * emulators; its configuration space reads as all ones everywhere.
 */
bool
wm_hw_gone(struct wm *sc)
{
	uint32_t v;

	if (sc->gone)
		return true;
	v = wm_read(sc, STATUS);
	if ((v != 0xffffffff && v != 0) ||
	    (uint16_t)pcidev_read(sc->dev, 0) == sc->dev->vendor)
		return false;
	sc->gone = true;
	k_printf("%s: the device is gone\n", sc->nic.name);
	return true;
}

int
wm_hw_reset(struct wm *sc)
{
	uint32_t ctrl;

	if (wm_hw_gone(sc))
		return EIO;
	wm_write(sc, IMC, 0xffffffff);
	wm_write(sc, RCTL, 0);
	wm_write(sc, TCTL, TCTL_PSP);
	ctrl = wm_read(sc, CTRL) & ~(uint32_t)CTRL_RST;
	if (sc->model->pcie) {
		/* DS 5.2.2: no request may be under way */
		wm_write(sc, CTRL, ctrl | CTRL_NOMASTER);
		if (!wait_for(sc, STATUS, STATUS_MASTER, 0, 80))
			k_printf("%s: still busy on the bus; reset all the "
			    "same\n", sc->nic.name);
	}
	wm_write(sc, CTRL, ctrl | CTRL_RST);
	/* SDM 14.4: 1 us, and the EEPROM is read again meanwhile */
	wm_delay(sc->model->pcie ? 1000 : 5000);
	if (wm_hw_gone(sc))
		return EIO;
	if (sc->model->pcie && !wait_for(sc, EECD, EECD_AUTO_RD, EECD_AUTO_RD,
	    20))
		k_printf("%s: the EEPROM does not get read\n", sc->nic.name);
	wm_write(sc, IMC, 0xffffffff);
	(void)wm_read(sc, ICR);
	return 0;
}

/* ---- the address ---- */

static int
read_eeprom(struct wm *sc, unsigned word, uint16_t *v)
{
	unsigned shift = sc->model->pcie ? 2 : 8;
	uint32_t done = sc->model->pcie ? 0x2 : 0x10, r;

	wm_write(sc, EERD, word << shift | EERD_START);
	if (!wait_for(sc, EERD, done, done, 10))
		return EIO;
	r = wm_read(sc, EERD);
	*v = r >> 16;
	return 0;
}

static bool
good_address(const uint8_t mac[6])
{

	return (mac[0] & 1) == 0 && memcmp(mac, "\0\0\0\0\0", 6) != 0;
}

/* What was loaded at reset; else from the EEPROM's first words. */
int
wm_hw_address(struct wm *sc, uint8_t mac[6])
{
	uint32_t lo = wm_read(sc, RAL(0)), hi = wm_read(sc, RAH(0));
	uint16_t v;

	if (hi & RAH_AV) {
		memcpy(mac, &lo, 4);
		memcpy(mac + 4, &hi, 2);
		if (good_address(mac))
			return 0;
	}
	for (unsigned i = 0; i < 3; i++) {
		if (read_eeprom(sc, i, &v) != 0)
			return EIO;
		memcpy(mac + 2 * i, &v, 2);
	}
	return good_address(mac) ? 0 : EIO;
}

/* ---- the PHY (IEEE 802.3, 22.2.4) ---- */

#define BMCR		0
#define  BMCR_AUTO	0x1000
#define  BMCR_OFF	0x0c00		/* power down, isolate */
#define  BMCR_RESTART	0x0200

static int
phy(struct wm *sc, uint32_t op, uint32_t *v)
{
	uint32_t r;

	wm_write(sc, MDIC, op | MDIC_PHY | MDIC_REG(BMCR) | *v);
	if (!wait_for(sc, MDIC, MDIC_READY, MDIC_READY, 10))
		return EIO;
	r = wm_read(sc, MDIC);
	*v = r & 0xffff;
	return r & MDIC_ERROR ? EIO : 0;
}

/* It negotiates by itself when it has power, unless somebody stopped it. */
void
wm_hw_phy(struct wm *sc)
{
	uint32_t v = 0;

	if (phy(sc, MDIC_READ, &v) != 0) {
		k_printf("%s: the PHY does not answer\n", sc->nic.name);
		return;
	}
	if ((v & BMCR_AUTO) != 0 && (v & BMCR_OFF) == 0)
		return;
	v = BMCR_AUTO | BMCR_RESTART;
	(void)phy(sc, MDIC_WRITE, &v);
}

/* ---- start ---- */

static void
set_bits(struct wm *sc, unsigned reg, uint32_t clear, uint32_t set)
{

	wm_write(sc, reg, (wm_read(sc, reg) & ~clear) | set);
}

/* Link states that save power lose completions (82574 errata; DS 10.2). */
static void
pcie_quirks(struct wm *sc)
{
	unsigned cap, n = 0;
	uint32_t v;

	set_bits(sc, TXDCTL, 0, TXDCTL_GRAN | TXDCTL_COUNT | 1 << 16);
	set_bits(sc, TARC0, TARC0_CLEAR, TARC0_SET);
	set_bits(sc, GCR, 0, GCR_SET);
	set_bits(sc, GCR2, 0, 1);
	cap = pcidev_read(sc->dev, 0x34) & 0xfc;
	for (; cap >= 0x40 && n < 48; n++, cap = v >> 8 & 0xfc) {
		v = pcidev_read(sc->dev, cap);
		if ((v & 0xff) != 0x10)
			continue;
		v = pcidev_read(sc->dev, cap + 0x10);	/* link control */
		if ((v & 3) != 0)
			pcidev_write(sc->dev, cap + 0x10, v & 0xfffc);
		break;
	}
}

/* A queue by what the device makes of addresses and ports (DS 7.1.11). */
static void
hash_setup(struct wm *sc)
{
	uint32_t key[10];
	size_t got = 0;

	if (sc->nrxq < 2) {
		wm_write(sc, MRQC, 0);
		return;
	}
	if (rumpuser_getrandom(key, sizeof(key), RUMPUSER_RANDOM_NOWAIT,
	    &got) != 0 || got < sizeof(key))
		memset(key, 0x5a, sizeof(key));
	for (int i = 0; i < 10; i++)
		wm_write(sc, RSSRK(i), key[i]);
	for (int i = 0; i < 32; i++)
		wm_write(sc, RETA(i), 0x80008000);	/* by turns */
	wm_write(sc, MRQC, MRQC_2Q | MRQC_HASHES);
}

/* DS 10.2.4: vectors 0.. are the receive queues', then all the rest's. */
static void
intr_setup(struct wm *sc)
{
	unsigned q, other = sc->nrxq;
	uint32_t ivar;

	wm_write(sc, ITR, WM_ITR);
	if (!sc->model->pcie)
		return;
	ivar = IVAR_TXQ0(other) | IVAR_OTHER(other);
	for (q = 0; q < sc->nrxq; q++)
		ivar |= IVAR_RXQ(q, q);
	if (sc->vectors < 2) {
		wm_write(sc, EIAC, 0);
		set_bits(sc, CTRL_EXT, CTRL_EXT_CLEAR | CTRL_EXT_EIAME |
		    CTRL_EXT_IAME, CTRL_EXT_SET);
		return;
	}
	/* Causes are cleared when their message goes out, and none masked. */
	wm_write(sc, IVAR, ivar);
	wm_write(sc, IAM, 0);
	wm_write(sc, EIAC, INT_RXQ(0) | INT_RXQ(1) | INT_TXQ0);
	set_bits(sc, CTRL_EXT, CTRL_EXT_CLEAR | CTRL_EXT_EIAME,
	    CTRL_EXT_SET | CTRL_EXT_IAME | CTRL_EXT_PBA);
	for (q = 0; q <= other; q++)
		wm_write(sc, EITR(q), WM_ITR);
}

static void
write_address(struct wm *sc)
{
	uint32_t lo, hi = 0;

	memcpy(&lo, sc->nic.info.mac, 4);
	memcpy(&hi, sc->nic.info.mac + 4, 2);
	wm_write(sc, RAL(0), lo);
	wm_write(sc, RAH(0), hi | RAH_AV);
	for (unsigned i = 1; i < 15; i++) {
		wm_write(sc, RAL(i), 0);
		wm_write(sc, RAH(i), 0);
	}
	for (unsigned i = 0; i < 128; i++)
		wm_write(sc, MTA(i), sc->mta[i]);
}

void
wm_hw_start(struct wm *sc)
{
	unsigned reg;

	if (sc->model->pcie)
		pcie_quirks(sc);
	write_address(sc);
	wm_write(sc, FCAL, 0);		/* no pauses asked for */
	wm_write(sc, FCAH, 0);
	wm_write(sc, FCT, 0);
	wm_write(sc, FCTTV, 0);
	wm_write(sc, WUC, 0);
	wm_write(sc, RDTR, 0);		/* ITR does it better */
	wm_write(sc, RADV, 0);
	wm_write(sc, TIDV, 32);
	wm_write(sc, TADV, 64);
	wm_write(sc, TIPG, TIPG_COPPER);
	if (sc->model->pcie) {
		wm_write(sc, RFCTL, RFCTL_EXSTEN | RFCTL_ACKDIS);
		hash_setup(sc);
	}
	wm_write(sc, RXCSUM, RXCSUM_IPOFL | RXCSUM_TUOFL |
	    (sc->model->pcie ? RXCSUM_PCSD : 0));
	intr_setup(sc);
	for (reg = CRCERRS; reg <= RJC; reg += 4)
		(void)wm_read(sc, reg);
	set_bits(sc, CTRL, CTRL_LRST | CTRL_FRCSPD | CTRL_FRCDPX | CTRL_VME |
	    CTRL_NOMASTER, CTRL_SLU | CTRL_ASDE | CTRL_FD);
	wm_hw_phy(sc);
	wm_write(sc, TCTL, TCTL_EN | TCTL_PSP | TCTL_CT | TCTL_COLD |
	    TCTL_RTLC);
	sc->rctl = 0;
	wm_hw_filter(sc);
}

/* RCTL last, and only if it changes: emulators receive nothing for a while. */
void
wm_hw_filter(struct wm *sc)
{
	uint32_t rctl = RCTL_EN | RCTL_BAM | RCTL_SECRC |
	    (sc->promisc ? RCTL_UPE | RCTL_MPE : 0) |
	    (sc->allmcast ? RCTL_MPE : 0);

	if (rctl != sc->rctl)
		wm_write(sc, RCTL, rctl);
	sc->rctl = rctl;
}
