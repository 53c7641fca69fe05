/* fatconf.h: FatFs R0.13c (oofatfs) as builtin/fs/fat uses it. */
#define FFCONF_DEF	86604
#define FF_FS_READONLY	0
#define FF_FS_MINIMIZE	0
#define FF_USE_STRFUNC	0
#define FF_USE_FIND	0
#define FF_USE_MKFS	0
#define FF_USE_FASTSEEK	0
#define FF_USE_EXPAND	0
#define FF_USE_CHMOD	1
#define FF_USE_LABEL	0
#define FF_USE_FORWARD	0
#define FF_CODE_PAGE	437
#define FF_USE_LFN	2		/* on the stack */
#define FF_MAX_LFN	255
#define FF_LFN_UNICODE	2		/* UTF-8 */
#define FF_LFN_BUF	255
#define FF_SFN_BUF	34
#define FF_STRF_ENCODE	3
#define FF_FS_RPATH	0
#define FF_VOLUMES	1
#define FF_STR_VOLUME_ID 0
#define FF_MULTI_PARTITION 0
#define FF_MIN_SS	512
#define FF_MAX_SS	4096
#define FF_USE_TRIM	0
#define FF_FS_NOFSINFO	1		/* count free clusters anew */
#define FF_FS_TINY	1
#define FF_FS_EXFAT	1
#define FF_FS_NORTC	0
#define FF_FS_LOCK	0		/* node.c knows what is open */
#define FF_FS_REENTRANT	0		/* mp->mtx is around every call */
